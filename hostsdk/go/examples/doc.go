// Package examples shows how programs use the SDK. Each example is a test: what it prints is checked.
//
//	middleware_test.go   one context for a request, and the same answers all through it
//	rollout_test.go      a share of the actors that grows, and never loses anybody
//	abtest_test.go       variants with payloads, and who saw which
//	offline_test.go      flags in a file, without a server
//	checkout_test.go     testing code that asks for flags
//	library_test.go      the control plane inside the program: enable, ask, clear
//	server_test.go       the control plane over HTTP
package examples
