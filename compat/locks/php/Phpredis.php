<?php
// Symfony's RedisStore over phpredis.

require __DIR__ . '/Symfony.php';

class Phpredis extends Symfony
{
    protected function client(int $port): object
    {
        $redis = new Redis();
        $redis->connect('127.0.0.1', $port);
        return $redis;
    }
}
