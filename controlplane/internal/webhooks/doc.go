// Package webhooks delivers the audit to webhooks, from one replica at a time.
package webhooks
