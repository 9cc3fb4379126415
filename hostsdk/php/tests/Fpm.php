<?php

declare(strict_types=1);

namespace Gonfalon\Tests;

/** A php-fpm with a script behind it, asked by FastCGI. */
final class Fpm
{
    /** @var resource */
    private mixed $process;

    /**
     * @param array<string, string> $settings of PHP
     * @param array<string, string> $environment of the master process, and of its workers
     * @param bool $asRoot whether the master may be root, if the tests are; its workers never are
     */
    public function __construct(
        private readonly string $folder,
        array $settings = [],
        array $environment = [],
        int $workers = 2,
        bool $asRoot = true,
    ) {
        $isRoot = posix_geteuid() === 0;
        $user = $isRoot && $asRoot ? "user = www-data\ngroup = www-data\nlisten.owner = www-data\n" : '';
        file_put_contents("$folder/fpm.conf", <<<CONF
            [global]
            daemonize = no
            error_log = $folder/fpm.log
            [www]
            {$user}listen = $folder/socket
            pm = static
            pm.max_children = $workers
            catch_workers_output = yes
            clear_env = no
            CONF);
        chmod($folder, 0777);
        $binary = glob('/usr/sbin/php-fpm*')[0] ?? 'php-fpm';
        $command = [$binary, '-n', '-y', "$folder/fpm.conf"];
        if ($isRoot && !$asRoot) {
            array_unshift($command, 'setpriv', '--reuid=www-data', '--regid=www-data', '--clear-groups');
        }
        foreach ($settings + ['zend_extension' => 'opcache.so', 'extension' => 'ffi.so'] as $name => $value) {
            array_push($command, '-d', "$name=$value");
        }
        array_push($command, '-d', 'extension=curl.so');
        $log = ['file', "$folder/fpm.out", 'w'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $log, $log], $pipes, null, $environment + getenv());
        $this->process = $process === false ? throw new \RuntimeException('php-fpm does not start') : $process;
        for ($tries = 0; !file_exists("$folder/socket"); $tries++) {
            if ($tries > 500 || !proc_get_status($this->process)['running']) {
                throw new \RuntimeException('php-fpm is not ready: ' . $this->log());
            }
            usleep(10_000);
        }
    }

    public function __destruct()
    {
        proc_terminate($this->process);
        proc_close($this->process);
    }

    /** What a script answers, without the headers. */
    public function get(string $script, string $query = ''): string
    {
        return $this->end($this->begin($script, $query));
    }

    /** Asks a script, and doesn't wait. @return array{resource, resource} for end() */
    public function begin(string $script, string $query = ''): array
    {
        $environment = ['SCRIPT_FILENAME' => $script, 'REQUEST_METHOD' => 'GET', 'QUERY_STRING' => $query, 'PATH' => getenv('PATH')];
        $command = ['cgi-fcgi', '-bind', '-connect', "$this->folder/socket"];
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes, null, $environment);
        return $process === false ? throw new \RuntimeException('cgi-fcgi does not start') : [$process, $pipes[1]];
    }

    /** What was answered, without the headers. @param array{resource, resource} $asked */
    public function end(array $asked): string
    {
        $answer = stream_get_contents($asked[1]);
        proc_close($asked[0]);
        return explode("\r\n\r\n", (string) $answer, 2)[1] ?? (string) $answer;
    }

    /** @return list<int> the workers' process ids */
    public function workers(): array
    {
        $master = proc_get_status($this->process)['pid'];
        preg_match_all('/\d+/', (string) file_get_contents("/proc/$master/task/$master/children"), $found);
        return array_map(intval(...), $found[0]);
    }

    public function log(): string
    {
        return @file_get_contents("$this->folder/fpm.log") . @file_get_contents("$this->folder/fpm.out");
    }
}
