/* gonfalon._engine: the C library (hostsdk/c) as a type of Python, Snapshot, by the stable ABI of Python 3.11.
 *
 * A call on a snapshot keeps the interpreter's lock from beginning to end, so that there is one at a time, as the library wants it.
 * Nothing that could run code of the program's is called between a question and the reading of its texts: making a container may
 * collect garbage, which may ask again, so texts become strings first. Loading and splicing let the lock go; what they work on
 * isn't known to anybody else yet.
 *
 * ask is the quick way for what programs ask most: a flag whose needs are remembered, for an actor's key with a plain dict, or for
 * a context that was written before. It returns None for everything else, which engine.py then does.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include <math.h>
#include <string.h>

#include "gonfalon.h"

enum { ROOM = 8192, MAX_NAMES = 15, MAX_LISTED = 100000 /* attributes: values.py */, FULL = 1 << 30 };

/* What is remembered of a flag, and how often it was asked for and was on. */
typedef struct {
  int32_t fixed;   /* the packed decision, if it is the same for every request; or -1 */
  uint32_t number; /* of the flag */
  int alone;       /* nothing but the actor matters */
  int groups;      /* groups matter */
  PyObject *names; /* a tuple of the attributes that matter */
  uint64_t asked, on;
} flag;

typedef struct {
  PyObject_HEAD
  gonfalon_snapshot *snapshot;
  PyObject *numbers; /* a dict: the flag's key → its place among the flags */
  flag *flags;
  Py_ssize_t count, room;
} Snapshot;

typedef struct {
  PyTypeObject *type;
  PyObject *context; /* the type of prepared contexts */
  PyObject *written; /* the name of their slot, which has their parts as bytes */
  PyObject *write;   /* the name of the method that fills it in */
} state;

/* Requests. A request that doesn't fit is left to msgpack. */

typedef struct {
  uint8_t bytes[ROOM];
  size_t size;
  int full;
} request;

static void put(request *r, const void *bytes, size_t size) {
  if (size > ROOM - r->size) r->full = 1;
  else {
    memcpy(r->bytes + r->size, bytes, size);
    r->size += size;
  }
}

static void put_head(request *r, uint8_t head, uint64_t n, int width) {
  uint8_t bytes[9] = {head};
  int i;
  for (i = 0; i < width; i++) bytes[1 + i] = (uint8_t)(n >> 8 * (width - 1 - i));
  put(r, bytes, 1 + (size_t)width);
}

static void put_integer(request *r, int64_t n) {
  if (n >= 0 && n < 128) put_head(r, (uint8_t)n, 0, 0);
  else put_head(r, 0xd3, (uint64_t)n, 8);
}

/* Writes a string. Returns 0 if it isn't valid Unicode. */
static int put_text(request *r, PyObject *text) {
  Py_ssize_t size;
  const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
  if (!utf8) {
    PyErr_Clear();
    return 0;
  }
  if (size < 32) put_head(r, (uint8_t)(0xa0 | size), 0, 0);
  else put_head(r, 0xdb, (uint64_t)size, 4);
  put(r, utf8, (size_t)size);
  return 1;
}

/* Writes a value as values.py has it. Returns 0 for one that isn't plain. */
static int put_value(request *r, PyObject *value) {
  if (value == Py_None) put_head(r, 0xc0, 0, 0);
  else if (value == Py_True) put_head(r, 0xc3, 0, 0);
  else if (value == Py_False) put_head(r, 0xc2, 0, 0);
  else if (PyUnicode_CheckExact(value)) return put_text(r, value);
  else if (PyLong_CheckExact(value)) {
    int beyond;
    int64_t n = PyLong_AsLongLongAndOverflow(value, &beyond);
    if (beyond) return 0;
    put_integer(r, n);
  } else if (PyFloat_CheckExact(value)) {
    double n = PyFloat_AsDouble(value);
    uint64_t bits;
    if (!isfinite(n)) put_head(r, 0xc0, 0, 0);
    else if (fabs(n) <= 9007199254740992.0 && trunc(n) == n) put_integer(r, (int64_t)n);
    else {
      memcpy(&bits, &n, sizeof bits);
      put_head(r, 0xcb, bits, 8);
    }
  } else return 0;
  return 1;
}

/* Writes bytes that are msgpack. Returns 0 if there are none. */
static int put_written(request *r, PyObject *bytes) {
  char *data;
  Py_ssize_t size;
  if (!PyBytes_CheckExact(bytes) || PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return 0;
  put(r, data, (size_t)size);
  return 1;
}

/* Forgets an error that ends no more than this way of asking. One that ends the program's thread, such as KeyboardInterrupt, stands. */
static void forget(void) {
  if (PyErr_ExceptionMatches(PyExc_Exception)) PyErr_Clear();
}

/* Returns what leaves the question to another way of asking, or an error that stands. */
static PyObject *another_way(void) {
  if (PyErr_Occurred()) return NULL;
  Py_RETURN_NONE;
}

/* Writes the attributes of these names, which given has as values, or as bytes that are msgpack. Returns 0 if that can't be done. */
static int put_attributes(request *r, PyObject *names, PyObject *given, int written) {
  size_t head = r->size;
  Py_ssize_t i, n = PyTuple_Size(names);
  uint8_t count = 0;
  put_head(r, 0x80, 0, 0);
  if (given == Py_None) return 1;
  for (i = 0; i < n; i++) {
    PyObject *name = PyTuple_GetItem(names, i), *value = PyDict_GetItemWithError(given, name);
    if (!value) {
      if (!PyErr_Occurred()) continue;
      forget(); /* a key of the program's raises */
      return 0;
    }
    if (!put_text(r, name) || !(written ? put_written(r, value) : put_value(r, value))) return 0;
    count++;
  }
  if (!r->full) r->bytes[head] = (uint8_t)(0x80 | count);
  return 1;
}

/* Asking. */

static PyObject *counted(flag *f, int32_t packed) {
  f->asked++;
  f->on += (uint64_t)GONFALON_IS_ENABLED(packed);
  return PyBool_FromLong(GONFALON_IS_ENABLED(packed));
}

/* Writes the request for a context that is prepared. Returns 0 if that can't be done. */
static int put_context(request *r, const flag *f, PyObject *context, const state *st) {
  PyObject *parts = PyObject_GetAttr(context, st->written);
  int right = 0;
  if (parts == Py_None) { /* the first time */
    Py_DecRef(parts);
    parts = PyObject_CallMethodObjArgs(context, st->write, NULL);
  }
  if (!parts) {
    forget();
    return 0;
  }
  if (PyTuple_CheckExact(parts) && PyTuple_Size(parts) == 3) { /* actor, groups, attributes */
    right = put_written(r, PyTuple_GetItem(parts, 0));
    if (right && !f->alone) {
      PyObject *attributes = PyTuple_GetItem(parts, 2);
      if (f->groups) right = put_written(r, PyTuple_GetItem(parts, 1));
      else put_head(r, 0x90, 0, 0);
      put(r, "\0\0", 2); /* neither time nor chance matters */
      if (PyTuple_Size(f->names) == 0) attributes = Py_None;
      else if (!PyDict_CheckExact(attributes)) right = 0;
      right = right && put_attributes(r, f->names, attributes, 1);
    }
  }
  Py_DecRef(parts);
  return right;
}

static PyObject *ask(PyObject *self, PyObject *const *arguments, Py_ssize_t n) {
  Snapshot *s = (Snapshot *)self;
  PyObject *key, *actor, *groups, *attributes, *number;
  const state *st;
  request r;
  flag f; /* a copy: code of the program's may run below, and have more flags remembered */
  Py_ssize_t place;
  int32_t packed;
  if (n < 4) {
    PyErr_SetString(PyExc_TypeError, "ask takes a key, an actor, groups and attributes");
    return NULL;
  }
  key = arguments[0], actor = arguments[1], groups = arguments[2], attributes = arguments[3];
  if (!PyUnicode_CheckExact(key)) Py_RETURN_NONE;
  number = PyDict_GetItemWithError(s->numbers, key);
  if (!number) {
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  place = PyLong_AsSsize_t(number);
  f = s->flags[place];
  if (f.fixed >= 0) return counted(&s->flags[place], f.fixed);
  st = PyModule_GetState(PyType_GetModule(Py_TYPE(self)));
  r.size = 0;
  r.full = 0;
  put_head(&r, f.alone ? 0x92 : 0x96, 0, 0);
  if (f.number < 128) put_head(&r, (uint8_t)f.number, 0, 0);
  else put_head(&r, 0xce, f.number, 4);
  if (PyUnicode_CheckExact(actor)) {
    if (!put_text(&r, actor)) Py_RETURN_NONE;
    if (!f.alone) {
      if (!PyTuple_CheckExact(groups) || PyTuple_Size(groups) != 0) Py_RETURN_NONE;
      if (attributes != Py_None && !(PyDict_CheckExact(attributes) && PyDict_Size(attributes) <= MAX_LISTED)) Py_RETURN_NONE;
      put(&r, "\x90\0\0", 3);
      if (!put_attributes(&r, f.names, attributes, 0)) return another_way();
    }
  } else if ((PyObject *)Py_TYPE(actor) == st->context) {
    if (attributes != Py_None || !PyTuple_CheckExact(groups) || PyTuple_Size(groups) != 0) Py_RETURN_NONE;
    if (!put_context(&r, &f, actor, st)) return another_way();
  } else Py_RETURN_NONE;
  if (r.full) Py_RETURN_NONE;
  packed = gonfalon_evaluate(s->snapshot, r.bytes, r.size);
  if (packed < 0) Py_RETURN_NONE;
  return counted(&s->flags[place], packed);
}

static PyObject *remember(PyObject *self, PyObject *arguments) {
  Snapshot *s = (Snapshot *)self;
  PyObject *key, *names, *place;
  unsigned long number;
  int fixed, alone, groups, failed;
  if (!PyArg_ParseTuple(arguments, "UikppO!", &key, &fixed, &number, &alone, &groups, &PyTuple_Type, &names)) return NULL;
  if (PyTuple_Size(names) > MAX_NAMES || PyDict_Contains(s->numbers, key) != 0 || s->count == FULL) {
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
  }
  if (s->count == s->room) {
    Py_ssize_t room = s->room ? 2 * s->room : 16;
    flag *grown = PyMem_Realloc(s->flags, (size_t)room * sizeof *grown);
    if (!grown) return PyErr_NoMemory();
    s->flags = grown;
    s->room = room;
  }
  place = PyLong_FromSsize_t(s->count);
  if (!place) return NULL;
  Py_IncRef(names);
  s->flags[s->count++] = (flag){fixed, (uint32_t)number, alone, groups, names, 0, 0};
  failed = PyDict_SetItem(s->numbers, key, place);
  Py_DecRef(place);
  if (failed) return NULL;
  Py_RETURN_NONE;
}

static PyObject *take_counts(PyObject *self, PyObject *unused) {
  Snapshot *s = (Snapshot *)self;
  PyObject *taken = PyDict_New(), *key, *place;
  Py_ssize_t at = 0;
  (void)unused;
  while (taken && PyDict_Next(s->numbers, &at, &key, &place)) {
    flag *f = &s->flags[PyLong_AsSsize_t(place)];
    PyObject *pair;
    uint64_t asked = f->asked, on = f->on;
    if (asked == 0) continue;
    f->asked = f->on = 0;
    pair = Py_BuildValue("KK", (unsigned long long)asked, (unsigned long long)on);
    if (!pair || PyDict_SetItem(taken, key, pair) < 0) {
      Py_DecRef(taken);
      taken = NULL;
    }
    Py_DecRef(pair);
  }
  return taken;
}

static PyObject *evaluate(PyObject *self, PyObject *bytes) {
  char *data;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  return PyLong_FromLong(gonfalon_evaluate(((Snapshot *)self)->snapshot, data, (size_t)size));
}

/* A text as str, or None; with it all that is made of a decision before anything else may run. */
static PyObject *string(gonfalon_text text) {
  if (!text.data) return Py_NewRef(Py_None);
  return PyUnicode_DecodeUTF8((const char *)text.data, (Py_ssize_t)text.size, "replace");
}

typedef struct {
  int32_t packed;
  uint32_t variant;
  PyObject *name, *payload, *target;
} answer;

static int read_answer(answer *a, const gonfalon_decision *d) {
  a->packed = d->packed;
  a->variant = d->variant;
  a->name = string(d->name);
  a->payload = string(d->payload);
  a->target = string(d->target);
  return a->name && a->payload && a->target;
}

/* (packed, variant's number, name, payload, target). It takes the answer's strings. */
static PyObject *as_tuple(const answer *a) {
  return Py_BuildValue("iINNN", (int)a->packed, (unsigned)a->variant, a->name, a->payload, a->target);
}

static void drop(answer *a) {
  Py_DecRef(a->name);
  Py_DecRef(a->payload);
  Py_DecRef(a->target);
}

static PyObject *decide(PyObject *self, PyObject *bytes) {
  gonfalon_decision d;
  answer a;
  char *data;
  Py_ssize_t size;
  int32_t packed;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  packed = gonfalon_decide(((Snapshot *)self)->snapshot, data, (size_t)size, &d);
  if (packed < 0) return PyLong_FromLong(packed);
  if (!read_answer(&a, &d)) {
    drop(&a);
    return NULL;
  }
  return as_tuple(&a);
}

/* The texts as they stand in the snapshot, which may have invalid Unicode; empty ones for none. */
static PyObject *raw(PyObject *self, PyObject *bytes) {
  gonfalon_decision d;
  PyObject *name, *payload, *target;
  char *data;
  Py_ssize_t size;
  int32_t packed;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  packed = gonfalon_decide(((Snapshot *)self)->snapshot, data, (size_t)size, &d);
  if (packed < 0) return PyLong_FromLong(packed);
  name = PyBytes_FromStringAndSize((const char *)d.name.data, (Py_ssize_t)d.name.size);
  payload = PyBytes_FromStringAndSize((const char *)d.payload.data, (Py_ssize_t)d.payload.size);
  target = PyBytes_FromStringAndSize((const char *)d.target.data, (Py_ssize_t)d.target.size);
  return Py_BuildValue("iNNN", (int)packed, name, payload, target); /* which fails if one of them is NULL */
}

static PyObject *batch(PyObject *self, PyObject *arguments) {
  gonfalon_decision *decisions;
  answer *answers = NULL;
  PyObject *list = NULL;
  const char *data;
  Py_ssize_t size;
  unsigned long first;
  int32_t i, n, made = 0;
  if (!PyArg_ParseTuple(arguments, "y#k", &data, &size, &first)) return NULL;
  decisions = PyMem_Malloc(GONFALON_BATCH * sizeof *decisions);
  if (!decisions) return PyErr_NoMemory();
  n = gonfalon_batch(((Snapshot *)self)->snapshot, data, (size_t)size, (uint32_t)first, decisions);
  if (n < 0) {
    PyMem_Free(decisions);
    return PyLong_FromLong(n);
  }
  answers = PyMem_Calloc((size_t)n + 1, sizeof *answers);
  if (answers)
    while (made < n && read_answer(&answers[made], &decisions[made])) made++;
  PyMem_Free(decisions);
  if (!answers) return PyErr_NoMemory();
  i = 0;
  if (made == n && (list = PyList_New(n)) != NULL) {
    for (; i < n; i++) {
      PyObject *tuple = as_tuple(&answers[i]);
      if (!tuple || PyList_SetItem(list, i, tuple) < 0) {
        Py_DecRef(list);
        list = NULL;
        i++; /* its strings are gone either way */
        break;
      }
    }
  } else made = made < n ? made + 1 : n; /* the one that failed may have some */
  for (; i < made; i++) drop(&answers[i]);
  PyMem_Free(answers);
  return list;
}

/* needs and explain: msgpack, or an error. */
static PyObject *packed_answer(int32_t error, gonfalon_text text) {
  return error ? PyLong_FromLong(error) : PyBytes_FromStringAndSize((const char *)text.data, (Py_ssize_t)text.size);
}

static PyObject *needs(PyObject *self, PyObject *bytes) {
  gonfalon_text text;
  char *data;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  return packed_answer(gonfalon_needs(((Snapshot *)self)->snapshot, data, (size_t)size, &text), text);
}

static PyObject *explain(PyObject *self, PyObject *bytes) {
  gonfalon_text text;
  char *data;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  return packed_answer(gonfalon_explain(((Snapshot *)self)->snapshot, data, (size_t)size, &text), text);
}

static PyObject *flag_key(PyObject *self, PyObject *argument) {
  gonfalon_text key;
  unsigned long number = PyLong_AsUnsignedLong(argument);
  int32_t error;
  if (PyErr_Occurred()) return NULL;
  error = gonfalon_flag_key(((Snapshot *)self)->snapshot, (uint32_t)number, &key, NULL);
  return error ? PyLong_FromLong(error) : string(key);
}

static PyObject *info(PyObject *self, PyObject *unused) {
  gonfalon_info_t i;
  PyObject *environment;
  int32_t error = gonfalon_info(((Snapshot *)self)->snapshot, &i);
  (void)unused;
  if (error) return PyLong_FromLong(error);
  environment = string(i.environment);
  if (!environment) return NULL;
  return Py_BuildValue("Ny#y#KIII", environment, (const char *)i.id, (Py_ssize_t)sizeof i.id, (const char *)i.lineage,
                       (Py_ssize_t)sizeof i.lineage, (unsigned long long)i.revision, (unsigned)i.flags, (unsigned)i.segments,
                       (unsigned)i.unreadable);
}

/* The bytes of the next snapshot, or (code, offset). It works on a clone, so that others may ask meanwhile. */
static PyObject *splice(PyObject *self, PyObject *bytes) {
  gonfalon_snapshot *clone;
  gonfalon_text spliced = {0};
  PyObject *result;
  char *data;
  Py_ssize_t size;
  uint32_t offset = 0;
  int32_t code;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  code = gonfalon_clone(((Snapshot *)self)->snapshot, &clone);
  if (code == 0) {
    Py_BEGIN_ALLOW_THREADS
    code = gonfalon_splice(clone, data, (size_t)size, &spliced, &offset);
    Py_END_ALLOW_THREADS
  }
  result = code ? Py_BuildValue("iI", (int)code, (unsigned)offset)
                : PyBytes_FromStringAndSize((const char *)spliced.data, (Py_ssize_t)spliced.size);
  gonfalon_free(clone);
  return result;
}

static PyObject *memory(PyObject *self, PyObject *unused) {
  (void)unused;
  return PyLong_FromSize_t(gonfalon_memory(((Snapshot *)self)->snapshot));
}

static void dealloc(PyObject *self) {
  Snapshot *s = (Snapshot *)self;
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  Py_ssize_t i;
  gonfalon_free(s->snapshot);
  for (i = 0; i < s->count; i++) Py_DecRef(s->flags[i].names);
  PyMem_Free(s->flags);
  Py_DecRef(s->numbers);
  release(self);
  Py_DecRef((PyObject *)type);
}

/* load(bytes): a Snapshot, or (code, offset). */
static PyObject *load(PyObject *module, PyObject *bytes) {
  state *st = PyModule_GetState(module);
  gonfalon_snapshot *snapshot;
  Snapshot *s;
  char *data;
  Py_ssize_t size;
  uint32_t offset;
  int32_t code;
  if (PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return NULL;
  Py_BEGIN_ALLOW_THREADS
  code = gonfalon_load(data, (size_t)size, &snapshot, &offset);
  Py_END_ALLOW_THREADS
  if (code) return Py_BuildValue("iI", (int)code, (unsigned)offset);
  s = (Snapshot *)PyType_GenericAlloc(st->type, 0);
  if (!s) {
    gonfalon_free(snapshot);
    return NULL;
  }
  s->snapshot = snapshot;
  s->numbers = PyDict_New();
  if (!s->numbers) {
    Py_DecRef((PyObject *)s);
    return NULL;
  }
  return (PyObject *)s;
}

/* use(type): the type of prepared contexts. */
static PyObject *use(PyObject *module, PyObject *type) {
  state *st = PyModule_GetState(module);
  PyObject *before = st->context;
  Py_IncRef(type);
  st->context = type;
  Py_DecRef(before);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"ask", (PyCFunction)(void (*)(void))ask, METH_FASTCALL, "ask(key, actor, groups, attributes): whether the flag is on; None: ask another way"},
    {"remember", remember, METH_VARARGS, "remember(key, fixed, number, alone, groups, names): what a flag needs, for ask"},
    {"take_counts", take_counts, METH_NOARGS, "key → (how often ask was asked since the last time, how often it was on)"},
    {"evaluate", evaluate, METH_O, "the packed decision, or an error"},
    {"decide", decide, METH_O, "(packed, variant's number, name, payload, target), or an error"},
    {"raw", raw, METH_O, "(packed, name, payload, target) with texts as bytes, or an error"},
    {"batch", batch, METH_VARARGS, "batch(request, first): what decide returns, for each flag; or an error"},
    {"needs", needs, METH_O, "msgpack, or an error"},
    {"explain", explain, METH_O, "msgpack, or an error"},
    {"flag_key", flag_key, METH_O, "a flag's key by its number, or an error"},
    {"info", info, METH_NOARGS, "(environment, id, lineage, revision, flags, segments, unreadable), or an error"},
    {"splice", splice, METH_O, "the bytes of the next snapshot, or (code, offset)"},
    {"memory", memory, METH_NOARGS, "how many bytes it takes"},
    {0}};

static PyType_Slot slots[] = {{Py_tp_methods, methods}, {Py_tp_dealloc, (void *)dealloc}, {Py_tp_doc, "A loaded snapshot."}, {0}};

static PyType_Spec spec = {"gonfalon._engine.Snapshot", sizeof(Snapshot), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

static int execute(PyObject *module) {
  state *st = PyModule_GetState(module);
  st->type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
  st->written = PyUnicode_InternFromString("_written");
  st->write = PyUnicode_InternFromString("_write");
  if (!st->type || !st->written || !st->write) return -1;
  if (PyModule_AddStringConstant(module, "MODULE_SHA256", GONFALON_MODULE_SHA256) < 0) return -1;
  return PyModule_AddObjectRef(module, "Snapshot", (PyObject *)st->type);
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
  state *st = PyModule_GetState(module);
  Py_VISIT((PyObject *)st->type);
  Py_VISIT(st->context);
  return 0;
}

static int clear(PyObject *module) {
  state *st = PyModule_GetState(module);
  Py_CLEAR(st->type);
  Py_CLEAR(st->context);
  Py_CLEAR(st->written);
  Py_CLEAR(st->write);
  return 0;
}

static void release(void *module) { clear(module); }

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)execute}, {0}};

static PyMethodDef functions[] = {
    {"load", load, METH_O, "load(bytes): a Snapshot, or (code, offset) if the engine refuses it"},
    {"use", use, METH_O, "use(type): the type of prepared contexts, which have _written and _write"},
    {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "gonfalon._engine", .m_doc = "The engine by C.", .m_size = sizeof(state),
    .m_methods = functions, .m_slots = module_slots, .m_traverse = traverse, .m_clear = clear, .m_free = release};

PyMODINIT_FUNC PyInit__engine(void) { return PyModuleDef_Init(&definition); }
