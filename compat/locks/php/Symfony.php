<?php
// Symfony's RedisStore.

require '/usr/share/php/Symfony/Component/Lock/autoload.php';

use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\Lock;
use Symfony\Component\Lock\Store\RedisStore;

abstract class Symfony
{
    private RedisStore $store;

    public function __construct(int $port)
    {
        $this->store = new RedisStore($this->client($port));
    }

    abstract protected function client(int $port): object;

    private function lock(string $name): Lock
    {
        return new Lock(new Key($name), $this->store, TTL_S, false);
    }

    public function acquire(string $name): ?Lock
    {
        $lock = $this->lock($name);
        return $lock->acquire() ? $lock : null;
    }

    public function release(Lock $lock): void
    {
        $lock->release();
    }

    public function renew(Lock $lock): void
    {
        $lock->refresh();
    }

    public function steal(string $name): void
    {
        $this->lock($name)->release();
    }
}
