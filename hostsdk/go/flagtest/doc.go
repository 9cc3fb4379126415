// Package flagtest gives tests their own flags: no network, no server, and only the test that made them sees them.
//
//	func TestCheckout(t *testing.T) {
//		t.Parallel()
//		flags := flagtest.New(t)
//		flags.Enable("new_checkout", flagtest.ForGroup("staff"))
//		checkout(flags.Client, …)
//	}
//
// The flags are real: they are compiled and decided as a server's would be. Code that has a client of its own, a global one
// say, is reached by the context: what it asks with gonfalon.From(ctx), in whatever goroutine, is answered by the flags of
// [Flags.Context], as far as they are set; other flags and other tests are as before.
package flagtest
