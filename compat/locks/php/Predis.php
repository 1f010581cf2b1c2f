<?php
// Symfony's RedisStore over Predis.

require __DIR__ . '/Symfony.php';
require '/usr/share/php/Predis/Autoloader.php';

Predis\Autoloader::register();

class Predis extends Symfony
{
    protected function client(int $port): object
    {
        return new Predis\Client(['host' => '127.0.0.1', 'port' => $port]);
    }
}
