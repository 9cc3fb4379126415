//! How a client is set up.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::store::BootstrapError;
use crate::tls::Tls;

/// Where a client's flags come from, and how patient it is.
///
/// ```
/// use std::time::Duration;
///
/// use gonfalon::Config;
///
/// let config = Config::new("https://flags.example.com", "gfn_sdk_…")
///     .last_good("/var/lib/shop/flags")
///     .ready_within(Duration::from_secs(2));
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) endpoint: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) poll: Option<Duration>,
    pub(crate) bootstrap: Option<Vec<u8>>,
    pub(crate) last_good: Option<PathBuf>,
    pub(crate) ready_within: Duration,
    pub(crate) ttl: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) tls: Tls,
    pub(crate) pace: Pace,
}

impl Config {
    /// Follows the server at an address, with a token of role sdk.
    pub fn new(endpoint: impl Into<String>, token: impl Into<String>) -> Self {
        Config { endpoint: Some(endpoint.into()), token: Some(token.into()), ..Config::offline() }
    }

    /// Follows the server of the environment variables GONFALON_ENDPOINT and GONFALON_TOKEN.
    pub fn from_env() -> Self {
        let read = |name| std::env::var(name).ok();
        Config { endpoint: read("GONFALON_ENDPOINT"), token: read("GONFALON_TOKEN"), ..Config::offline() }
    }

    /// Follows no server: the flags come from a [file](Config::file), a [bootstrap](Config::bootstrap), or the
    /// [last good](Config::last_good).
    pub fn offline() -> Self {
        Config {
            endpoint: None,
            token: None,
            environment: None,
            file: None,
            poll: None,
            bootstrap: None,
            last_good: None,
            ready_within: Duration::from_secs(5),
            ttl: None,
            grace: Duration::from_secs(5),
            tls: Tls::default(),
            pace: Pace::default(),
        }
    }

    /// The token, of role sdk or more.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The environment; `default` without one. Snapshots of another are refused.
    #[must_use]
    pub fn environment(mut self, key: impl Into<String>) -> Self {
        self.environment = Some(key.into());
        self
    }

    /// A snapshot file to follow instead of a server. It is read again when it changes.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Polls this often, instead of following the stream.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll = Some(interval);
        self
    }

    /// A snapshot to start with. Without a server it is the only source.
    #[must_use]
    pub fn bootstrap(mut self, snapshot: impl Into<Vec<u8>>) -> Self {
        self.bootstrap = Some(snapshot.into());
        self
    }

    /// A file that keeps the last snapshot over restarts.
    #[must_use]
    pub fn last_good(mut self, path: impl Into<PathBuf>) -> Self {
        self.last_good = Some(path.into());
        self
    }

    /// How long a start waits for the first snapshot (5 s); zero: it doesn't.
    #[must_use]
    pub fn ready_within(mut self, time: Duration) -> Self {
        self.ready_within = time;
        self
    }

    /// Without a word of the source for this long, the client is STALE. Without this, it never is for that reason.
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.ttl = Some(time);
        self
    }

    /// How long a lost source isn't yet STALE (5 s).
    #[must_use]
    pub fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
        self
    }

    /// Certificates, for a private authority or a client certificate.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// How patient the source is.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("environment", &self.environment)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// How patient a client is. The defaults are every SDK's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pace {
    /// Before the first new attempt (0.5 s); doubled each time.
    pub backoff: Duration,
    /// Between two attempts at most (30 s).
    pub longest: Duration,
    /// Between two reports of usage (60 s).
    pub usage: Duration,
    /// For the last report, when the client closes (2 s).
    pub farewell: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs_f64;
        Pace { backoff: seconds(0.5), longest: seconds(30.0), usage: seconds(60.0), farewell: seconds(2.0) }
    }
}

/// Why a client can't be made. A server that is down is no reason.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration doesn't say what it has to, or contradicts itself.
    Config(String),
    /// The bootstrap can't be used.
    Bootstrap(BootstrapError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Config(error) => f.write_str(error),
            StartError::Bootstrap(error) => write!(f, "the bootstrap can't be used: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<BootstrapError> for StartError {
    fn from(error: BootstrapError) -> Self {
        StartError::Bootstrap(error)
    }
}
