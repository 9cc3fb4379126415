//! The clients: one for threads, one for tasks. They differ in how they wait.

use std::ops::Deref;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::config::{Config, StartError};
use crate::flags::Flags;
use crate::follower::Follower;
use crate::status::State;

/// A client for programs with threads. It derefs to [`Flags`], which answers.
///
/// It follows its source in a thread of its own until it is closed or dropped. A closed client keeps answering from its last
/// snapshot.
///
/// ```no_run
/// use gonfalon::{Client, Config, Context};
///
/// let flags = Client::start(Config::from_env().last_good("/var/lib/shop/flags"))?;
/// if flags.enabled("new_checkout", Context::new("user:3").group("staff").attribute("plan", "pro")) {
///     println!("the new checkout");
/// }
/// let hero = flags.variant("hero", "user:3").unwrap_or_else(|| "control".into());
/// # Ok::<(), gonfalon::StartError>(())
/// ```
#[derive(Debug)]
pub struct Client(Follower);

/// A client for programs with tasks, on tokio. It is a [`Client`] whose waiting is awaited; evaluations aren't, since they only read
/// memory.
///
/// ```no_run
/// use gonfalon::{AsyncClient, Config};
///
/// # async fn run() -> Result<(), gonfalon::StartError> {
/// let flags = AsyncClient::start(Config::from_env()).await?;
/// if flags.enabled("new_checkout", "user:3") {
///     println!("the new checkout");
/// }
/// flags.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct AsyncClient(Follower);

impl Client {
    /// Starts following, and waits for the first snapshot for as long as the configuration says. Then the program gets its client,
    /// whatever the state: a server that is down never keeps a program from starting.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let (follower, wait) = Follower::start(config)?;
        if !wait.is_zero() && !follower.status().signal.wait(Some(wait), || follower.has_answered()) {
            follower.say_unanswered(wait);
        }
        Ok(Client(follower))
    }

    /// Waits until the client is READY. Returns false if that takes longer, or the client is closed.
    pub fn wait_ready(&self, timeout: Duration) -> bool {
        self.wait(timeout, || self.0.flags.state() == State::Ready)
    }

    /// Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with. Returns false
    /// if that takes longer, or the client is closed.
    pub fn wait_for(&self, revision: u64, timeout: Duration) -> bool {
        self.wait(timeout, || self.0.serves(revision))
    }

    fn wait(&self, timeout: Duration, holds: impl Fn() -> bool) -> bool {
        self.0.status().signal.wait(Some(timeout), || self.0.is_closed() || holds());
        holds()
    }

    /// Reports usage now. Returns false if it couldn't be delivered in time; it then goes into the next report.
    pub fn flush(&self, timeout: Duration) -> bool {
        let (reported, outcome) = mpsc::channel();
        self.0.report(move |delivered| _ = reported.send(delivered)) && outcome.recv_timeout(timeout) == Ok(true)
    }

    /// Reports usage and ends the connection, which takes two seconds at most. The client keeps answering from its last snapshot.
    pub fn close(&self) {
        self.0.stop();
        // A logger that closes the client doesn't wait for itself.
        self.0.status().signal.wait(None, || self.0.has_ended() || self.0.is_own_thread());
    }
}

impl AsyncClient {
    /// Starts following, and waits for the first snapshot for as long as the configuration says. Then the program gets its client,
    /// whatever the state: a server that is down never keeps a program from starting.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        // Reading files and loading a snapshot take milliseconds, which aren't the runtime's.
        let started = spawn_blocking(move || Follower::start(config)).await;
        let (follower, wait) = started.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        if !wait.is_zero() && timeout(wait, follower.status().signal.until(|| follower.has_answered())).await.is_err() {
            follower.say_unanswered(wait);
        }
        Ok(AsyncClient(follower))
    }

    /// Waits until the client is READY. Returns false if that takes longer, or the client is closed.
    pub async fn wait_ready(&self, timeout: Duration) -> bool {
        self.wait(timeout, || self.0.flags.state() == State::Ready).await
    }

    /// Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with. Returns false
    /// if that takes longer, or the client is closed.
    pub async fn wait_for(&self, revision: u64, timeout: Duration) -> bool {
        self.wait(timeout, || self.0.serves(revision)).await
    }

    async fn wait(&self, within: Duration, holds: impl Fn() -> bool) -> bool {
        // Whether it was in time or not, it is looked at once more.
        let _late = timeout(within, self.0.status().signal.until(|| self.0.is_closed() || holds())).await;
        holds()
    }

    /// Reports usage now. Returns false if it couldn't be delivered; it then goes into the next report.
    pub async fn flush(&self) -> bool {
        let (reported, outcome) = oneshot::channel();
        self.0.report(move |delivered| _ = reported.send(delivered)) && outcome.await == Ok(true)
    }

    /// Reports usage and ends the connection, which takes two seconds at most. The client keeps answering from its last snapshot.
    pub async fn close(&self) {
        self.0.stop();
        self.0.status().signal.until(|| self.0.has_ended()).await;
    }
}

impl Deref for Client {
    type Target = Flags;

    fn deref(&self) -> &Flags {
        &self.0.flags
    }
}

impl Deref for AsyncClient {
    type Target = Flags;

    fn deref(&self) -> &Flags {
        &self.0.flags
    }
}
