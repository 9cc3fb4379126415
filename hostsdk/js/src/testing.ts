/**
 * Flags in tests, without a network: a client of a test's own ({@link testFlags}), and overrides of an existing client for as long
 * as a function runs ({@link withFlags}). For `node:test`, vitest, and whatever else runs in Node.
 *
 * @packageDocumentation
 */
export { testFlags, TestFlags, type Share, type Target, type TestScope } from './testing/test_flags.js'
export { withFlags, type Overridden, type Overrides } from './testing/override.js'
