<?php
// Laravel's RedisLock, over phpredis.

require '/usr/share/php/Illuminate/Redis/autoload.php';
require '/usr/share/php/Illuminate/Cache/autoload.php';

use Illuminate\Cache\RedisLock;
use Illuminate\Cache\RedisStore;
use Illuminate\Redis\RedisManager;

class Laravel
{
    private RedisStore $store;

    public function __construct(int $port)
    {
        $options = ['default' => ['host' => '127.0.0.1', 'port' => $port, 'database' => 0]];
        $this->store = new RedisStore(new RedisManager(null, 'phpredis', $options));
    }

    public function acquire(string $name): ?RedisLock
    {
        $lock = $this->store->lock($name, TTL_S);
        return $lock->get() ? $lock : null;
    }

    public function release(RedisLock $lock): void
    {
        assert_that($lock->release(), 'the holder could not release its lock');
    }

    public function steal(string $name): void
    {
        if (!$this->store->restoreLock($name, 'not-the-holder')->release()) {
            throw new NotReleased();
        }
    }
}

/** `release` has answered false. */
class NotReleased extends Exception
{
}
