<?php

declare(strict_types=1);

namespace Gonfalon\Testing;

/**
 * For PHPUnit's test cases: flags that a test sets, new for each test.
 *
 *     final class CheckoutTest extends TestCase
 *     {
 *         use WithFlags;
 *
 *         public function testStaffGetsTheNewCheckout(): void
 *         {
 *             $this->flags()->enable('new_checkout', forGroup: 'staff');
 *             …
 */
trait WithFlags
{
    private ?FlagsForTest $flagsForTest = null;

    protected function flags(): FlagsForTest
    {
        return $this->flagsForTest ??= new FlagsForTest();
    }

    /** @after */
    #[\PHPUnit\Framework\Attributes\After]
    protected function forgetFlags(): void
    {
        $this->flagsForTest = null;
    }
}
