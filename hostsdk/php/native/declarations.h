/* What PHP calls: hostsdk/c/gonfalon.h and shared.h, in the words that PHP's FFI reads. A test compares them. */
typedef struct gonfalon_snapshot gonfalon_snapshot;
typedef struct { const uint8_t *data; uint32_t size; } gonfalon_text;
typedef struct { int32_t packed; uint32_t variant; gonfalon_text name; gonfalon_text payload; gonfalon_text target; } gonfalon_decision;
typedef struct {
  gonfalon_text environment;
  uint64_t revision;
  uint32_t flags;
  uint32_t segments;
  uint32_t unreadable;
  uint8_t id[32];
  uint8_t lineage[16];
} gonfalon_info_t;

int32_t gonfalon_load(const char *bytes, size_t size, gonfalon_snapshot **snapshot, uint32_t *offset);
int32_t gonfalon_clone(const gonfalon_snapshot *snapshot, gonfalon_snapshot **clone);
void gonfalon_free(gonfalon_snapshot *snapshot);
size_t gonfalon_memory(const gonfalon_snapshot *snapshot);
int32_t gonfalon_info(gonfalon_snapshot *snapshot, gonfalon_info_t *info);
int32_t gonfalon_flag_key(gonfalon_snapshot *snapshot, uint32_t number, gonfalon_text *key, int32_t *unreadable);
int32_t gonfalon_needs(gonfalon_snapshot *snapshot, const char *request, size_t size, gonfalon_text *needs);
int32_t gonfalon_evaluate(gonfalon_snapshot *snapshot, const char *request, size_t size);
int32_t gonfalon_decide(gonfalon_snapshot *snapshot, const char *request, size_t size, gonfalon_decision *decision);
int32_t gonfalon_batch(gonfalon_snapshot *snapshot, const char *request, size_t size, uint32_t first, gonfalon_decision *decisions);
int32_t gonfalon_explain(gonfalon_snapshot *snapshot, const char *request, size_t size, gonfalon_text *explanation);
int32_t gonfalon_splice(gonfalon_snapshot *snapshot, const char *delta, size_t size, gonfalon_text *spliced, uint32_t *offset);

void gonfalon_shared_begin(void);
int32_t gonfalon_shared_open(const char *path, gonfalon_snapshot **snapshot, uint32_t *offset);
void gonfalon_shared_release(gonfalon_snapshot *snapshot);
void gonfalon_shared_drop(gonfalon_snapshot *snapshot);
