//! The program's log.

use std::fmt::Arguments;
use std::panic::{AssertUnwindSafe, catch_unwind};

use log::Level;

/// Writes a line. A logger that panics keeps no decision from being made, and ends no part of a client.
pub(crate) fn line(level: Level, said: Arguments<'_>) {
    let _panicked = catch_unwind(AssertUnwindSafe(|| log::log!(target: "gonfalon", level, "{said}")));
}

/// Says something at a level, in the form of `println!`.
macro_rules! say {
    ($level:ident, $($said:tt)+) => {
        $crate::say::line(log::Level::$level, format_args!($($said)+))
    };
}
pub(crate) use say;
