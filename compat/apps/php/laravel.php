<?php
// Laravel's queue and cache over phpredis, through the proxy: jobs, delayed ones, jobs that fail the first time, a cache with tags and counters.
// Called with `work` it is the worker. `suite.py` says what a proof is told and what it has to do.

foreach (['Container', 'Events', 'Redis', 'Cache', 'Bus', 'Queue'] as $part) {
    require "/usr/share/php/Illuminate/$part/autoload.php";
}

use Illuminate\Cache\RedisStore;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Events\Dispatcher;
use Illuminate\Queue\Capsule\Manager;
use Illuminate\Queue\Worker;
use Illuminate\Queue\WorkerOptions;
use Illuminate\Redis\RedisManager;

define('JOURNAL', getenv('APP_DIR') . '/journal');

/** A job's own note that it ran: outside of the server, in one write. */
function ran(string $job): void
{
    file_put_contents(JOURNAL, "$job\n", FILE_APPEND);
}

/** How often each job ran. */
function runs(): array
{
    return file_exists(JOURNAL) ? array_count_values(file(JOURNAL, FILE_IGNORE_NEW_LINES)) : [];
}

class Note
{
    public function fire(object $job, array $data): void
    {
        ran((string) $data['number']);
        $job->delete();
    }
}

class Flaky
{
    public function fire(object $job, array $data): void
    {
        if ($job->attempts() === 1) {
            throw new RuntimeException('on purpose');
        }
        ran((string) $data['number']);
        $job->delete();
    }
}

class Handler implements ExceptionHandler
{
    public function report(Throwable $e)
    {
        fwrite(STDERR, $e->getMessage() . "\n");
    }

    public function shouldReport(Throwable $e)
    {
        return true;
    }

    public function render($request, Throwable $e)
    {
    }

    public function renderForConsole($output, Throwable $e)
    {
    }
}

function assert_that(bool $condition, string $message): void
{
    if (!$condition) {
        fwrite(STDERR, $message . "\n");
        exit(1);
    }
}

/** What was cut is tried again by the application, as a request that failed is made again. */
function retried(callable $call): mixed
{
    for ($try = 1;; $try += 1) {
        try {
            return $call();
        } catch (RedisException $error) {
            if ($try === 20) {
                throw $error;
            }
            usleep(100000);
        }
    }
}

$container = new Container();
Container::setInstance($container);
$place = ['host' => '127.0.0.1', 'port' => (int) getenv('APP_PROXY'), 'database' => (int) getenv('APP_DB')];
$redis = new RedisManager($container, 'phpredis', ['default' => $place + ['read_timeout' => (int) getenv('APP_TIMEOUT_S')]]);
$container->instance('redis', $redis);
$capsule = new Manager($container);
$capsule->addConnection(['driver' => 'redis', 'connection' => 'default', 'queue' => 'default', 'retry_after' => 5]);
$queue = $capsule->getConnection();

if (($argv[1] ?? '') === 'work') {
    $worker = new Worker($capsule->getQueueManager(), new Dispatcher($container), new Handler(), fn () => false);
    // sleep: how long it waits for the next job, s; backoff: for the next try.
    $options = new WorkerOptions('default', 1, 128, 60, 0.1, 5);
    while (true) {
        $worker->runNextJob('default', 'default', $options);
    }
}

$log = getenv('APP_DIR') . '/worker.log';
$worker = proc_open([PHP_BINARY, __FILE__, 'work'], [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a']], $pipes);
register_shutdown_function(fn () => proc_terminate($worker, 9));
$cache = new Repository(new RedisStore($redis, 'cache'));
stream_set_blocking(STDIN, false);
$number = 0;
while (true) {
    fread(STDIN, 100);
    if (feof(STDIN)) {
        break;
    }
    retried(fn () => match ($number % 8) {
        2 => $queue->later(1, 'Note', ['number' => $number]),
        4 => $queue->push('Flaky', ['number' => $number]),
        default => $queue->push('Note', ['number' => $number]),
    });
    retried(fn () => $cache->put("key-$number", ['number' => $number], 600));
    assert_that(retried(fn () => $cache->get("key-$number")) === ['number' => $number], "cache of $number");
    $made = retried(fn () => $cache->tags(['even'])->remember('tagged-' . intdiv($number, 2), 600, fn () => $number));
    assert_that((int) $made === $number - $number % 2, "what was cached was made again: $made");
    $number += 1;
    if ($number === 5) {
        echo "ready\n";
    }
    usleep(1000 * (int) getenv('APP_EVERY_MS'));
}
assert_that($number > 7, "the load did $number steps only");
$until = microtime(true) + (int) getenv('APP_FINISH_S');
while ($missing = array_diff(range(0, $number - 1), array_keys(runs()))) {
    assert_that(microtime(true) < $until, 'not in time: runs of ' . implode(', ', $missing));
    usleep(50000);
}
for ($each = 0; $each < $number; $each += 1) {
    assert_that($cache->get("key-$each") === ['number' => $each], "cache of $each");
}
$cache->tags(['even'])->flush();
assert_that($cache->tags(['even'])->get('tagged-0') === null, 'a tag that was flushed');
$again = count(array_filter(runs(), fn ($count) => $count > 1));
echo json_encode(['jobs' => $number, 'ran again' => $again]), "\n";
