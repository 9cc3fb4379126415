// Package elixir moves flags in from Bandera and FunWithFlags, two libraries for Elixir that keep their flags alike.
//
// # Model
//
// [Open] opens a [migrate.Source] by its address: Redis, PostgreSQL, MySQL or MariaDB, or a SQLite file. Reading fills
// a collector with rows; package reference understands them and judges by them; describe.go says what they are here.
//
// # Promises
//
//   - The stores are only read. Redis gets no command that writes, PostgreSQL and MySQL a read-only transaction that
//     repeats its reads, SQLite a connection that can't write.
//   - What is read is of one moment. Redis has no such reads, so its keys are watched, and read again if one changed.
//   - A password is in no error and in no name of a source.
//   - Reading ends: each step has a deadline, and more than [MaxGates] gates or [MaxBytes] of text are refused.
package elixir
