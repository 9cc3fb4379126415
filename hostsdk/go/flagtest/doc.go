// Package flagtest gives tests their own flags: no network, no server, and only the test that made them sees them.
//
//	func TestCheckout(t *testing.T) {
//		t.Parallel()
//		flags := flagtest.New(t)
//		flags.Enable("new_checkout", flagtest.ForGroup("staff"))
//		checkout(flags.Client, …)
//	}
//
// The flags are real: they are compiled and decided as a server's would be. Code that has its own client, such as a
// global one, is reached through the context: its calls with gonfalon.From(ctx), in any goroutine, are answered by the
// flags of [Flags.Context] that the test has set. Other flags and other tests are not affected.
package flagtest
