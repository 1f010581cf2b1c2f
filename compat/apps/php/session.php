<?php
// Counts the visits of a session, by PHP's own handler of sessions.

session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
echo $_SESSION['visits'];
