//! The snapshot that serves, swapped at once and never changed, and its copy on disk.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::changes::changed_flags;
use crate::engine::abi::{LoadError, MAX_SNAPSHOT_BYTES};
use crate::engine::{Count, Engine};
use crate::mistakes::Mistakes;
use crate::say::say;
use crate::secret::Secret;
use crate::status::{Event, FlagsChanged, Status};

/// The lineage of a snapshot that no control plane made.
const UNRECORDED: &str = "00000000000000000000000000000000";

/// After this long, a file that is being written is of a process that was killed.
const ABANDONED: Duration = Duration::from_secs(60);

/// Counts of evaluations, by flag.
pub(crate) type Usage = HashMap<Arc<str>, Count>;

/// Why a frame changes nothing. The old snapshot goes on serving.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// A snapshot that is loaded and may be served, and the flags that it changes, if anybody listens.
pub(crate) struct Fresh {
    engine: Engine,
    changed: BTreeSet<String>,
}

/// Holds one environment's snapshot. Frames are taken one at a time.
pub(crate) struct Store {
    engine: ArcSwapOption<Engine>,
    environment: Option<String>,
    last_good: Option<PathBuf>,
    /// It isn't in what is said about frames, which have a server's words in them.
    secret: Secret,
    /// Snapshots from the source.
    taken: AtomicU64,
    /// Frames that changed nothing.
    refused: AtomicU64,
    pub(crate) mistakes: Arc<Mistakes>,
    pub(crate) status: Arc<Status>,
    /// What was counted by engines that serve no longer, or couldn't be delivered.
    usage: Mutex<Usage>,
    /// Why the last snapshot wasn't kept.
    unkept: Mutex<Option<String>>,
}

impl Store {
    pub(crate) fn new(
        environment: Option<String>,
        status: Arc<Status>,
        last_good: Option<PathBuf>,
        secret: Secret,
    ) -> Self {
        Store {
            engine: ArcSwapOption::empty(),
            environment,
            last_good,
            secret,
            taken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            mistakes: Arc::default(),
            status,
            usage: Mutex::default(),
            unkept: Mutex::default(),
        }
    }

    /// What serves.
    pub(crate) fn engine(&self) -> arc_swap::Guard<Option<Arc<Engine>>> {
        self.engine.load()
    }

    pub(crate) fn environment(&self) -> &str {
        self.environment.as_deref().unwrap_or_default()
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Serves the bootstrap or the last good snapshot, whichever is newer. A bootstrap that can't be used is an error.
    pub(crate) fn start(&self, bootstrap: Option<&[u8]>) -> Result<(), BootstrapError> {
        let first = bootstrap.map(|data| self.load(data)).transpose()?;
        let kept = self.read_last_good();
        let engine = match (first, kept) {
            (Some(first), Some(kept))
                if first.info.lineage == kept.info.lineage && first.info.revision > kept.info.revision =>
            {
                Some(first)
            }
            (first, kept) => kept.or(first),
        };
        if let Some(engine) = engine {
            self.swap(self.fresh(engine), false);
        }
        Ok(())
    }

    /// Loads bytes to be served next; None if they are what serves. A lower revision may be served only if it supersedes the
    /// position of what does.
    pub(crate) fn read_snapshot(&self, data: &[u8], supersedes: Option<&str>) -> Result<Option<Fresh>, Refused> {
        if self.engine().as_ref().is_some_and(|engine| *engine.data == *data) {
            return Ok(None);
        }
        self.counting(self.read(data, supersedes))
    }

    /// Loads what a delta makes of the snapshot that serves.
    pub(crate) fn read_delta(&self, delta: &[u8]) -> Result<Option<Fresh>, Refused> {
        let spliced = match &*self.engine() {
            None => Err(Refused("a delta without a snapshot to apply it to".into())),
            Some(engine) => {
                engine.splice(delta).map_err(|error| Refused(format!("a delta that doesn't apply: {error}")))
            }
        };
        self.counting(spliced.and_then(|data| self.read(&data, None)))
    }

    /// Counts a frame that couldn't even be read.
    pub(crate) fn refuse(&self, reason: &str) {
        let _: Result<(), _> = self.counting(Err(Refused(reason.to_owned())));
    }

    /// Swaps the snapshots, says what changed, and keeps the new one for the next start.
    pub(crate) fn serve(&self, fresh: Fresh) {
        let data = fresh.engine.data.clone();
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.swap(fresh, true);
        self.keep(&data);
    }

    /// Serves a snapshot that a program makes itself.
    pub(crate) fn put(&self, engine: Option<Engine>, changed: BTreeSet<String>) {
        match engine {
            Some(engine) => self.swap(Fresh { engine, changed }, true),
            None => {
                self.engine.store(None);
                self.status.unloaded();
            }
        }
    }

    fn swap(&self, fresh: Fresh, confirmed: bool) {
        let info = fresh.engine.info.clone();
        let retired = self.engine.swap(Some(Arc::new(fresh.engine)));
        if let Some(retired) = retired {
            merge(&mut self.lock(), retired.take_usage());
        }
        match confirmed {
            true => self.status.contact(),
            false => self.status.loaded(),
        }
        if !fresh.changed.is_empty() {
            let changed = FlagsChanged { flags: fresh.changed, revision: info.revision, lineage: info.lineage };
            self.status.emit(Event::FlagsChanged(changed));
        }
        self.status.signal.stir();
    }

    /// Says that the decisions of these flags can differ from now on, by the snapshot that serves.
    pub(crate) fn tell(&self, flags: BTreeSet<String>) {
        if let Some(engine) = &*self.engine() {
            let (revision, lineage) = (engine.info.revision, engine.info.lineage.clone());
            self.status.emit(Event::FlagsChanged(FlagsChanged { flags, revision, lineage }));
        }
    }

    /// Evaluations since the last time.
    pub(crate) fn take_usage(&self) -> Usage {
        let mut taken = std::mem::take(&mut *self.lock());
        if let Some(engine) = &*self.engine() {
            merge(&mut taken, engine.take_usage());
        }
        taken
    }

    /// Keeps counts that couldn't be delivered for the next time.
    pub(crate) fn put_usage_back(&self, usage: Usage) {
        merge(&mut self.lock(), usage);
    }

    fn read(&self, data: &[u8], supersedes: Option<&str>) -> Result<Option<Fresh>, Refused> {
        let engine = self.load(data).map_err(|error| Refused(self.secret.hide(&error.to_string())))?;
        if let Some(serving) = &*self.engine() {
            let (old, new) = (&serving.info, &engine.info);
            if new.id == old.id {
                return Ok(None);
            }
            let (from, to) = (old.position(), new.position());
            if supersedes == Some(from.as_str()) {
                say!(Warn, "environment {} goes back: {to} takes the place of {from}", new.environment);
            } else if new.lineage != old.lineage {
                say!(Warn, "environment {} has another lineage: {to}, was {from}", new.environment);
            } else if new.lineage != UNRECORDED && new.revision <= old.revision {
                // Made offline, revisions mean nothing: such a snapshot is taken as it comes.
                return Err(Refused(format!("revision {} is not above {}, which serves", new.revision, old.revision)));
            }
        }
        Ok(Some(self.fresh(engine)))
    }

    fn fresh(&self, engine: Engine) -> Fresh {
        let changed = match self.status.heard_since() {
            Some(_) => changed_flags(self.engine().as_ref().map(|engine| &*engine.data), &engine.data),
            None => BTreeSet::new(),
        };
        Fresh { engine, changed }
    }

    fn load(&self, data: &[u8]) -> Result<Engine, BootstrapError> {
        let engine = Engine::load(data, self.mistakes.clone())?;
        if let Some(environment) = self.environment.as_ref().filter(|wanted| **wanted != engine.info.environment) {
            return Err(BootstrapError::Environment { found: engine.info.environment, wanted: environment.clone() });
        }
        if engine.info.unreadable > 0 {
            say!(
                Warn,
                "a newer control plane wrote {} records that this engine can't read; such flags are off, and so are those that \
                 require them",
                engine.info.unreadable
            );
        }
        Ok(engine)
    }

    fn counting<T>(&self, read: Result<T, Refused>) -> Result<T, Refused> {
        if let Err(Refused(reason)) = &read {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.mistakes.refused(reason);
        }
        read
    }

    fn read_last_good(&self) -> Option<Engine> {
        let path = self.last_good.as_ref()?;
        let read = match read_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.to_string()),
            Ok(data) => self.load(&data).map_err(|error| error.to_string()),
        };
        read.inspect_err(|error| say!(Warn, "the last good snapshot {} is ignored: {error}", path.display())).ok()
    }

    /// Writes the last good snapshot whole or not at all. Failing to is logged once: it is no reason to stop serving.
    fn keep(&self, data: &[u8]) {
        let Some(path) = &self.last_good else { return };
        let failed = write_file(path, data).err().map(|error| error.to_string());
        let mut unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failed.as_ref().filter(|_| failed != *unkept) {
            say!(Warn, "the last good snapshot can't be written to {}: {error}", path.display());
        }
        *unkept = failed;
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bootstrap that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BootstrapError {
    /// The engine refuses it.
    Load(LoadError),
    /// It is of another environment than the configured one.
    Environment {
        /// The snapshot's environment.
        found: String,
        /// The configured one.
        wanted: String,
    },
}

impl From<LoadError> for BootstrapError {
    fn from(error: LoadError) -> Self {
        BootstrapError::Load(error)
    }
}

impl std::fmt::Display for BootstrapError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BootstrapError::Load(error) => error.fmt(f),
            BootstrapError::Environment { found, wanted } => {
                write!(f, "a snapshot of environment {found:?}, not of {wanted:?}")
            }
        }
    }
}

impl std::error::Error for BootstrapError {}

/// Reads a file that should be a snapshot, however large somebody made it. A pipe could keep a start waiting.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut data = Vec::new();
    File::open(path)?.take(MAX_SNAPSHOT_BYTES as u64 + 1).read_to_end(&mut data)?;
    if data.len() > MAX_SNAPSHOT_BYTES {
        return Err(io::Error::other("it is larger than a snapshot can be"));
    }
    Ok(data)
}

/// Writes a file beside the path, synced, and renames it. It replaces a regular file only: no pipe, device or folder; of a link,
/// the file that it names.
fn write_file(path: &Path, data: &[u8]) -> io::Result<()> {
    let named;
    let path = if path.is_symlink() {
        named = fs::canonicalize(path)?;
        &named
    } else {
        path
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}", fastrand::u64(..)));
    let beside = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600); // it may name actors
    let written = options
        .open(&beside)
        .and_then(|mut file| file.write_all(data).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    match written {
        Ok(()) => sweep(path),
        Err(_) => drop(fs::remove_file(&beside)),
    }
    written
}

/// Deletes what processes that were killed have left half written.
fn sweep(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str)) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let rest = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.'));
        let ours = rest.is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let written =
            entry.metadata().ok().filter(fs::Metadata::is_file).and_then(|is| is.modified().ok()?.elapsed().ok());
        if ours && written.is_some_and(|ago| ago > ABANDONED) {
            let _ = fs::remove_file(entry.path()); // another process was quicker
        }
    }
}

fn merge(into: &mut Usage, usage: Usage) {
    for (key, more) in usage {
        let known = into.entry(key).or_insert(Count { count: 0, on: 0, last: more.last });
        known.count += more.count;
        known.on += more.on;
        known.last = known.last.max(more.last);
    }
}
