//! One instance of the module, interpreted by wasmi.

use std::sync::LazyLock;

use wasmi::{Engine, Linker, Memory, Module, Store, TypedFunc, WasmParams};

use super::abi::{BATCH, Failure, LoadError, MAX_SNAPSHOT_BYTES, Record, SnapshotInfo, hex, lossy};

/// The engine's name.
pub(crate) const NAME: &str = "wasmi";

const MODULE: &[u8] = include_bytes!("../../engine.wasm");
/// Room for a request at first, which grows for what is larger.
const REQUEST_BYTES: usize = 64 << 10;
const RECORD_BYTES: usize = 32;

static COMPILED: LazyLock<(Engine, Module)> = LazyLock::new(|| {
    let engine = Engine::default();
    let module = Module::new(&engine, MODULE).expect("the module that the crate carries is sound");
    (engine, module)
});

/// A loaded snapshot. It serves one call at a time. After [`Failure::Trapped`] it must not be used any more.
pub(crate) struct Instance {
    store: Store<()>,
    memory: Memory,
    result: usize,
    /// Where a request is written, and how large it may be.
    room: (usize, usize),
    calls: Calls,
}

/// The module's exports.
struct Calls {
    request: TypedFunc<i32, i32>,
    info: TypedFunc<(), i32>,
    flag_key: TypedFunc<i32, i32>,
    evaluate: TypedFunc<i32, i32>,
    batch: TypedFunc<(i32, i32), i32>,
    explain: TypedFunc<i32, i32>,
    needs: TypedFunc<i32, i32>,
    splice: TypedFunc<i32, i32>,
}

impl Instance {
    /// Another instance has to load the snapshot again, which takes as long as thousands of decisions.
    pub(crate) const COPIES: bool = false;

    pub(crate) fn load(data: &[u8]) -> Result<Self, LoadError> {
        if data.len() > MAX_SNAPSHOT_BYTES {
            return Err(LoadError::TOO_LARGE);
        }
        Self::make(data).map_err(|error| match error {
            Fault::Load(error) => error,
            Fault::Trap => LoadError::TRAPPED,
        })
    }

    fn make(data: &[u8]) -> Result<Self, Fault> {
        let (engine, module) = &*COMPILED;
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate_and_start(&mut store, module)?;
        let memory = instance.get_memory(&store, "memory").ok_or(Fault::Trap)?;
        let one = |store: &Store<()>, name| instance.get_typed_func::<i32, i32>(store, name);
        let none = |store: &Store<()>, name| instance.get_typed_func::<(), i32>(store, name);

        let at = one(&store, "snapshot")?.call(&mut store, data.len() as i32)?;
        if at == 0 {
            return Err(Fault::Load(LoadError::TOO_LARGE));
        }
        memory.write(&mut store, at as u32 as usize, data).map_err(|_| Fault::Trap)?;
        let code = one(&store, "load")?.call(&mut store, data.len() as i32)?;
        let result = none(&store, "result")?.call(&mut store, ())? as u32 as usize;
        if code != 0 {
            let offset = words::<1>(memory.data(&store), result)[0];
            return Err(Fault::Load(LoadError { code, offset }));
        }
        let calls = Calls {
            request: one(&store, "request")?,
            info: none(&store, "info")?,
            flag_key: one(&store, "flag_key")?,
            evaluate: one(&store, "evaluate")?,
            batch: instance.get_typed_func(&store, "evaluate_batch")?,
            explain: one(&store, "explain")?,
            needs: one(&store, "needs")?,
            splice: one(&store, "splice")?,
        };
        let mut made = Instance { store, memory, result, room: (0, 0), calls };
        made.grow(REQUEST_BYTES).map_err(|_| Fault::Trap)?;
        Ok(made)
    }

    /// Another instance of the snapshot.
    pub(crate) fn another(&mut self, data: &[u8]) -> Result<Self, LoadError> {
        Self::load(data)
    }

    pub(crate) fn info(&mut self) -> Result<SnapshotInfo, Failure> {
        let info = self.calls.info;
        self.call(info, ())?;
        let [environment, length, id, lineage, low, high, flags, segments, unreadable] = self.words::<9>(self.result);
        Ok(SnapshotInfo {
            environment: lossy(self.bytes(environment, length)),
            id: hex(self.bytes(id, 32)),
            lineage: hex(self.bytes(lineage, 16)),
            revision: u64::from(low) | u64::from(high) << 32,
            flags,
            segments,
            unreadable,
        })
    }

    pub(crate) fn flag_key(&mut self, index: u32) -> Result<&[u8], Failure> {
        let flag_key = self.calls.flag_key;
        self.call(flag_key, index as i32)?;
        let [at, length] = self.words::<2>(self.result);
        Ok(self.bytes(at, length))
    }

    /// Decides the request's flag, without what it points at.
    pub(crate) fn evaluate(&mut self, request: &[u8]) -> Result<u32, Failure> {
        let evaluate = self.calls.evaluate;
        let size = self.write(request)?;
        self.call(evaluate, size)
    }

    /// Decides the request's flag.
    pub(crate) fn decide(&mut self, request: &[u8]) -> Result<Record<'_>, Failure> {
        self.evaluate(request)?;
        Ok(self.record(self.result))
    }

    /// Decides up to 1,024 of the request's flags, beginning with one of them, and hands each to a function. Returns how many.
    pub(crate) fn batch(
        &mut self,
        request: &[u8],
        first: usize,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<usize, Failure> {
        let batch = self.calls.batch;
        let size = self.write(request)?;
        let count = self.call(batch, (size, first as i32))? as usize;
        let [at] = self.words::<1>(self.result);
        for place in 0..count.min(BATCH) {
            each(self.record(at as usize + place * RECORD_BYTES));
        }
        Ok(count)
    }

    /// The explanation of a decision, in msgpack.
    pub(crate) fn explain(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        let explain = self.calls.explain;
        self.answer(explain, request)
    }

    /// What deciding a flag can ask for, in msgpack.
    pub(crate) fn needs(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        let needs = self.calls.needs;
        self.answer(needs, request)
    }

    /// The snapshot that a delta makes of this one.
    pub(crate) fn splice(&mut self, delta: &[u8]) -> Result<Vec<u8>, LoadError> {
        if delta.len() > MAX_SNAPSHOT_BYTES {
            return Err(LoadError::TOO_LARGE);
        }
        let splice = self.calls.splice;
        let size = self.write(delta).map_err(|_| LoadError::TRAPPED)?;
        let code = splice.call(&mut self.store, size).map_err(|_| LoadError::TRAPPED)?;
        let [at, length] = self.words::<2>(self.result);
        if code != 0 {
            return Err(LoadError { code, offset: at });
        }
        Ok(self.bytes(at, length).to_vec())
    }

    fn answer(&mut self, call: TypedFunc<i32, i32>, request: &[u8]) -> Result<&[u8], Failure> {
        let size = self.write(request)?;
        let length = self.call(call, size)?;
        let [at] = self.words::<1>(self.result);
        Ok(self.bytes(at, length))
    }

    /// Makes a call whose answer below 0 is an error.
    fn call<P: WasmParams>(&mut self, call: TypedFunc<P, i32>, given: P) -> Result<u32, Failure> {
        let answer = call.call(&mut self.store, given).map_err(|_| Failure::Trapped)?;
        u32::try_from(answer).map_err(|_| Failure::Refused(answer))
    }

    /// Writes a request where the module reads it, and returns its length.
    fn write(&mut self, request: &[u8]) -> Result<i32, Failure> {
        if request.len() > self.room.1 {
            self.grow(request.len())?;
        }
        let at = self.room.0;
        self.memory.data_mut(&mut self.store)[at..at + request.len()].copy_from_slice(request);
        Ok(request.len() as i32)
    }

    fn grow(&mut self, size: usize) -> Result<(), Failure> {
        let size32 = i32::try_from(size).map_err(|_| Failure::Refused(-1))?;
        let request = self.calls.request;
        match self.call(request, size32)? {
            0 => Err(Failure::Refused(-1)),
            at => {
                self.room = (at as usize, size);
                Ok(())
            }
        }
    }

    fn record(&self, at: usize) -> Record<'_> {
        let [packed, variant, name, name_length, payload, payload_length, target, target_length] = self.words::<8>(at);
        Record {
            packed,
            variant,
            name: self.bytes(name, name_length),
            payload: self.bytes(payload, payload_length),
            target: self.bytes(target, target_length),
        }
    }

    fn words<const N: usize>(&self, at: usize) -> [u32; N] {
        words(self.memory.data(&self.store), at)
    }

    fn bytes(&self, at: u32, length: u32) -> &[u8] {
        &self.memory.data(&self.store)[at as usize..][..length as usize]
    }
}

fn words<const N: usize>(memory: &[u8], at: usize) -> [u32; N] {
    let (words, _) = memory[at..at + 4 * N].as_chunks::<4>();
    std::array::from_fn(|place| u32::from_le_bytes(words[place]))
}

/// What can go wrong while a snapshot is loaded.
enum Fault {
    Load(LoadError),
    Trap,
}

impl From<wasmi::Error> for Fault {
    fn from(_: wasmi::Error) -> Self {
        Fault::Trap
    }
}
