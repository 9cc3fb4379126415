<?php

/** A control plane of the tests that counts what it is asked, in the file ASKED, and answers after so many milliseconds as LATE says. */

declare(strict_types=1);

file_put_contents(getenv('ASKED'), strtok($_SERVER['REQUEST_URI'], '?') . "\n", FILE_APPEND | LOCK_EX);
usleep(1000 * (int) getenv('LATE'));
http_response_code(503);
