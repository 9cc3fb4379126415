//! The thread of a client's connections.

use std::io;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::wire::WireError;

/// Makes requests in a thread of its own. A server can keep that thread busy, by any number of interim answers that are read at once;
/// the clock of the thread that waits goes on.
///
/// Why: RATIONALE.md "Why do a Rust client's connections have another thread?"
pub(crate) struct Net(Option<Runtime>);

impl Net {
    pub(crate) fn new() -> io::Result<Self> {
        let threads = Builder::new_multi_thread().worker_threads(1).thread_name("gonfalon-net").enable_all().build()?;
        Ok(Net(Some(threads)))
    }

    /// Sends a request, and returns the answer, whose body is still to be read. A request that takes longer ends.
    pub(crate) async fn send(&self, request: RequestBuilder, within: Duration) -> Result<Response, WireError> {
        let mut sent = JoinSet::new(); // which ends with this call
        if let Some(threads) = &self.0 {
            sent.spawn_on(request.send(), threads.handle());
        }
        match timeout(within, sent.join_next()).await {
            Err(_) => Err(WireError::late("an answer", within)),
            Ok(Some(Ok(answer))) => Ok(answer?),
            Ok(_) => Err(WireError::new("the request has panicked")),
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            threads.shutdown_background(); // without waiting for a connection that is kept busy
        }
    }
}
