<?php
// What the lock libraries of PHP are put through: python/driver.py in PHP, with the same modes and outputs.

// See python/bounds.py.
define('TTL_S', (int) getenv('LOCK_TTL_S'));
define('WAIT_S', (float) getenv('LOCK_WAIT_S'));
define('POLL_US', 1000 * (int) getenv('LOCK_POLL_MS'));
define('RENEW_EVERY_US', 1000 * (int) getenv('LOCK_RENEW_MS'));

[, $library, $mode, $port, $name] = $argv;
$class = ucfirst($library);
require __DIR__ . "/$class.php";
$adapter = new $class((int) $port);

function acquire(object $adapter, string $name, float $wait): ?object
{
    $until = microtime(true) + $wait;
    while (($lock = $adapter->acquire($name)) === null) {
        if (microtime(true) >= $until) {
            return null;
        }
        usleep(POLL_US);
    }
    return $lock;
}

function assert_that(bool $condition, string $message): void
{
    if (!$condition) {
        fwrite(STDERR, $message . "\n");
        exit(1);
    }
}

/** See python/journal.py. */
function section(string $path): void
{
    $file = fopen($path, 'r+');
    fseek($file, 0, SEEK_END);
    $size = ftell($file);
    fseek($file, max(0, $size - 200));
    $lines = explode("\n", (string) stream_get_contents($file));
    $number = count($lines) > 1 ? (int) explode(' ', $lines[count($lines) - 2])[2] + 1 : 1;
    fseek($file, $size);
    fwrite($file, sprintf("enter %d %d\n", getmypid(), $number));
    fflush($file);
    usleep(2000);
    fwrite($file, sprintf("leave %d %d\n", getmypid(), $number));
    fclose($file);
}

function ended(): bool
{
    $read = [STDIN];
    $none = null;
    return stream_select($read, $none, $none, 0) > 0;
}

if ($mode === 'storm') {
    echo "ready\n";
    $acquired = $missed = $longest = 0;
    $errors = [];
    $last = microtime(true);
    while (!ended()) {
        try {
            $lock = acquire($adapter, $name, WAIT_S);
            if ($lock === null) {
                ++$missed;
                continue;
            }
            section($argv[5]);
            $adapter->release($lock);
        } catch (Throwable $error) {
            $errors[] = get_class($error) . ': ' . $error->getMessage();
            usleep(50000);
            continue;
        }
        ++$acquired;
        $longest = max($longest, microtime(true) - $last);
        $last = microtime(true);
    }
    echo json_encode([
        'acquired' => $acquired,
        'missed' => $missed,
        'longest_ms' => (int) round($longest * 1000),
        'errors' => array_slice($errors, 0, 3),
    ]), "\n";
    exit(0);
}

$lock = acquire($adapter, $name, WAIT_S);
assert_that($lock !== null, 'a free lock was not got');
if ($mode === 'owner') {
    assert_that(acquire($adapter, $name, 0) === null, 'a held lock was got a second time');
    $refused = 'silently';
    try {
        $adapter->steal($name);
    } catch (Throwable $error) {
        $refused = (new ReflectionClass($error))->getShortName();
    }
    assert_that(acquire($adapter, $name, 0) === null, 'somebody else released the lock');
} else {
    if (!method_exists($adapter, 'renew')) {
        echo "no renewals\n";
        exit(0);
    }
    echo "ready\n";
    $until = microtime(true) + 2 * TTL_S;
    for ($count = 0; microtime(true) < $until || !ended(); ++$count) {
        usleep(RENEW_EVERY_US);
        $adapter->renew($lock);
        assert_that(acquire($adapter, $name, 0) === null, "the lock was got by another after $count renewals");
    }
}
$adapter->release($lock);
$again = acquire($adapter, $name, WAIT_S);
assert_that($again !== null, 'a released lock was not got');
$adapter->release($again);
echo $mode === 'owner' ? "refused: $refused\n" : "$count renewals\n";
