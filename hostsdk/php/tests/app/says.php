<?php

/** A server of the tests that answers every request with the bytes of a file, and ends the connection. */

declare(strict_types=1);

$server = stream_socket_server('tcp://127.0.0.1:0');
echo 'http://', stream_socket_get_name($server, false), "\n";
while (($client = @stream_socket_accept($server, -1)) !== false) {
    for ($line = ''; $line !== "\r\n" && $line !== false;) {
        $line = fgets($client);
    }
    fwrite($client, (string) file_get_contents($argv[1]));
    fclose($client);
}
