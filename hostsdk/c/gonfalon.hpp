// gonfalon.hpp: gonfalon.h for C++17. It is all in this header; link what gonfalon.h is linked with.
//
//   gonfalon::Snapshot flags(bytes);  // throws gonfalon::LoadError
//   auto request = gonfalon::Request("new_checkout").actor("user:1").group("staff").attribute("plan", "pro").now();
//   if (flags.enabled(request)) …
//   if (auto decision = flags.decide(request)) … decision->variant …
//
// A question never throws: it answers nothing if it can't be answered. What a std::string_view points at is valid until the next call
// on its snapshot. Make one call at a time on a snapshot; clone it for another thread.
#ifndef GONFALON_HPP
#define GONFALON_HPP

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gonfalon.h"

namespace gonfalon {

// LoadError is thrown for bytes that are no snapshot, or a delta that doesn't apply: code is a load code of wasm/ABI.md, and offset
// says where the fault is.
class LoadError : public std::runtime_error {
 public:
  LoadError(std::int32_t code, std::uint32_t offset)
      : std::runtime_error("refused with code " + std::to_string(code) + " at byte " + std::to_string(offset)), code(code), offset(offset) {}
  const std::int32_t code;
  const std::uint32_t offset;
};

// Decision is the answer to a request. Its views are valid until the next call on the snapshot.
struct Decision {
  std::int32_t packed = 0;
  std::optional<std::string_view> variant;
  std::optional<std::string_view> payload;  // canonical JSON
  std::optional<std::string_view> target;   // of the gate that decided

  bool enabled() const noexcept { return GONFALON_IS_ENABLED(packed) != 0; }
  gonfalon_reason reason() const noexcept { return static_cast<gonfalon_reason>(GONFALON_REASON(packed)); }
  gonfalon_gate gate() const noexcept { return static_cast<gonfalon_gate>(GONFALON_GATE(packed)); }
  // The actor's place in [0, 1) for this flag, if it was needed.
  std::optional<double> score() const noexcept {
    const std::int32_t score = GONFALON_SCORE16(packed);
    return score < 0 ? std::nullopt : std::optional<double>(score / 65536.0);
  }
  bool has_variants() const noexcept { return GONFALON_HAS_VARIANTS(packed) != 0; }
  bool fixed() const noexcept { return GONFALON_IS_FIXED(packed) != 0; }
  bool exhausted() const noexcept { return GONFALON_IS_EXHAUSTED(packed) != 0; }
};

// Info is what a snapshot says about itself.
struct Info {
  std::string environment;
  std::array<std::uint8_t, 32> id;
  std::array<std::uint8_t, 16> lineage;
  std::uint64_t revision;
  std::uint32_t flags, segments, unreadable;
};

// Msgpack writes values in the one form that every host sends them in (wasm/ABI.md, "Values").
class Msgpack {
 public:
  const std::string& bytes() const noexcept { return bytes_; }

  void nil() { head(0xc0, 0, 0); }
  void boolean(bool on) { head(on ? 0xc3 : 0xc2, 0, 0); }
  void unsigned_integer(std::uint64_t n) { n < 128 ? head(static_cast<std::uint8_t>(n), 0, 0) : head(0xcf, n, 8); }
  void integer(std::int64_t n) { n >= 0 ? unsigned_integer(static_cast<std::uint64_t>(n)) : head(0xd3, static_cast<std::uint64_t>(n), 8); }
  void number(double n) {
    if (!std::isfinite(n)) return nil();
    if (std::fabs(n) <= 9007199254740992.0 && std::trunc(n) == n) return integer(static_cast<std::int64_t>(n));
    std::uint64_t bits;
    std::memcpy(&bits, &n, sizeof bits);
    head(0xcb, bits, 8);
  }
  void text(std::string_view text);
  void array(std::size_t n) { n < 16 ? head(static_cast<std::uint8_t>(0x90 | n), 0, 0) : head(0xdd, n, 4); }
  void map(std::size_t n) { n < 16 ? head(static_cast<std::uint8_t>(0x80 | n), 0, 0) : head(0xdf, n, 4); }
  void raw(std::string_view bytes) { bytes_.append(bytes); }

  // value writes whatever of these a C++ value is.
  void value(std::nullptr_t) { nil(); }
  void value(std::string_view v) { text(v); }
  void value(const char* v) { v ? text(v) : nil(); }
  void value(const std::string& v) { text(v); }
  template <typename T>
  std::enable_if_t<std::is_arithmetic_v<T>> value(T v) {
    if constexpr (std::is_same_v<T, bool>) boolean(v);
    else if constexpr (std::is_floating_point_v<T>) number(static_cast<double>(v));
    else if constexpr (std::is_signed_v<T>) integer(v);
    else if (static_cast<std::uint64_t>(v) <= INT64_MAX) unsigned_integer(v);
    else digits(std::to_string(v));
  }
  template <typename T>
  void value(const std::optional<T>& v) {
    v ? value(*v) : nil();
  }
  template <typename T>
  void value(const std::vector<T>& v) {
    array(v.size());
    for (const auto& element : v) value(element);
  }
  template <typename T>
  void value(const std::map<std::string, T>& v) {  // ascends by bytes, as it should
    map(v.size());
    for (const auto& [name, element] : v) text(name), value(element);
  }

 private:
  void head(std::uint8_t first, std::uint64_t n, int width) {
    bytes_.push_back(static_cast<char>(first));
    while (width-- > 0) bytes_.push_back(static_cast<char>(n >> 8 * width));
  }
  void digits(const std::string& digits) { // an integer beyond 64 bits, ext 1
    head(0xc7, digits.size(), 1);
    bytes_.push_back(1);
    bytes_ += digits;
  }
  std::string bytes_;
};

// Request asks about one flag, or about all or some of them in a batch.
class Request {
 public:
  explicit Request(std::string_view flag) { flags_.text(flag); }
  explicit Request(const char* flag) : Request(std::string_view(flag)) {}
  // By the number that Snapshot::find answered, which is quicker.
  explicit Request(std::uint32_t number) { flags_.unsigned_integer(number); }
  explicit Request(const std::vector<std::string>& flags) { flags_.value(flags); }
  // All flags, in ascending order of their keys.
  static Request all() {
    Request r;
    r.flags_.nil();
    return r;
  }

  Request& actor(std::string_view key) & { return actor_ = Msgpack(), actor_.text(key), *this; }
  // An actor that has groups, but no key.
  Request& keyless() & { return actor_ = Msgpack(), actor_.boolean(false), *this; }
  // At most 256 groups.
  Request& group(std::string_view name) & { return groups_.text(name), ++group_count_, *this; }
  // At most 256 attributes: null, a boolean, number or text, or a vector or map of those. A later one replaces one of the same name.
  template <typename T>
  Request& attribute(std::string_view name, const T& value) & {
    Msgpack written;
    written.value(value);
    attributes_[std::string(name)] = written.bytes();
    return *this;
  }
  // The time, for schedules and rules about it.
  Request& now(std::chrono::system_clock::time_point at = std::chrono::system_clock::now()) & {
    now_ = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    return *this;
  }
  // Chance, for percentages of time: 64 random bits, new for each evaluation.
  Request& roll(std::uint64_t bits) & { return roll_ = bits, *this; }

  Request&& actor(std::string_view key) && { return std::move(actor(key)); }
  Request&& keyless() && { return std::move(keyless()); }
  Request&& group(std::string_view name) && { return std::move(group(name)); }
  template <typename T>
  Request&& attribute(std::string_view name, const T& value) && {
    return std::move(attribute(name, value));
  }
  Request&& now(std::chrono::system_clock::time_point at = std::chrono::system_clock::now()) && { return std::move(now(at)); }
  Request&& roll(std::uint64_t bits) && { return std::move(roll(bits)); }

  // The request's bytes, as wasm/ABI.md lays them out.
  std::string bytes() const {
    Msgpack m;
    m.array(6);
    m.raw(flags_.bytes());
    actor_.bytes().empty() ? m.nil() : m.raw(actor_.bytes());
    m.array(group_count_);
    m.raw(groups_.bytes());
    m.integer(now_);
    m.unsigned_integer(roll_);
    m.map(attributes_.size());
    for (const auto& [name, value] : attributes_) m.text(name), m.raw(value);
    return m.bytes();
  }

 private:
  Request() = default;
  Msgpack flags_, actor_, groups_;
  std::size_t group_count_ = 0;
  std::map<std::string, std::string> attributes_;
  std::int64_t now_ = 0;
  std::uint64_t roll_ = 0;
};

// Snapshot holds the flags of one environment.
class Snapshot {
 public:
  // Throws LoadError, or std::bad_alloc.
  explicit Snapshot(std::string_view bytes) {
    gonfalon_snapshot* loaded;
    std::uint32_t offset = 0;
    const std::int32_t code = gonfalon_load(bytes.data(), bytes.size(), &loaded, &offset);
    check(code, offset);
    handle_.reset(loaded);
  }

  // Another instance of the same snapshot, for another thread. Throws like the constructor.
  Snapshot clone() const {
    gonfalon_snapshot* cloned;
    check(gonfalon_clone(handle_.get(), &cloned), 0);
    return Snapshot(cloned);
  }

  // Whether the flag is on; otherwise if that can't be decided.
  bool enabled(const Request& request, bool otherwise = false) noexcept { return enabled_by(request, otherwise); }
  // The same by bytes, which a program that asks the same often keeps.
  bool enabled(std::string_view request, bool otherwise = false) noexcept {
    const std::int32_t packed = gonfalon_evaluate(handle_.get(), request.data(), request.size());
    return packed < 0 ? otherwise : GONFALON_IS_ENABLED(packed) != 0;
  }

  std::optional<Decision> decide(const Request& request) noexcept {
    try {
      return decide(request.bytes());
    } catch (...) {
      return std::nullopt;
    }
  }
  std::optional<Decision> decide(std::string_view request) noexcept {
    gonfalon_decision d;
    if (gonfalon_decide(handle_.get(), request.data(), request.size(), &d) < 0) return std::nullopt;
    return decision(d);
  }

  // Calls f(index, Decision) for each of the request's flags; the decision's views are valid until f returns. f must not ask this
  // snapshot. Returns how many there were, or nothing if an answer was an error.
  template <typename F>
  std::optional<std::size_t> decide_all(const Request& request, F&& f) {
    const std::string bytes = request.bytes();
    std::vector<gonfalon_decision> batch(GONFALON_BATCH);
    for (std::size_t first = 0;; first += GONFALON_BATCH) {
      const std::int32_t n = gonfalon_batch(handle_.get(), bytes.data(), bytes.size(), static_cast<std::uint32_t>(first), batch.data());
      if (n < 0) return std::nullopt;
      for (std::int32_t i = 0; i < n; i++) f(first + static_cast<std::size_t>(i), decision(batch[static_cast<std::size_t>(i)]));
      if (n < GONFALON_BATCH) return first + static_cast<std::size_t>(n);
    }
  }

  // The explanation, as msgpack (wasm/ABI.md, "Explanation").
  std::optional<std::string_view> explain(std::string_view request) noexcept { return answer(gonfalon_explain, request); }
  // What deciding the request's flag can ask for, as msgpack (wasm/ABI.md, "Needs").
  std::optional<std::string_view> needs(std::string_view request) noexcept { return answer(gonfalon_needs, request); }

  // The number of the flag with this key.
  std::optional<std::uint32_t> find(std::string_view key) noexcept {
    const std::int32_t number = gonfalon_find(handle_.get(), key.data(), key.size());
    return number < 0 ? std::nullopt : std::optional<std::uint32_t>(static_cast<std::uint32_t>(number));
  }
  // The key of a flag by its number.
  std::optional<std::string_view> key(std::uint32_t number) noexcept {
    gonfalon_text text;
    return gonfalon_flag_key(handle_.get(), number, &text, nullptr) == 0 ? view(text) : std::nullopt;
  }
  std::optional<Info> info() {
    gonfalon_info_t i;
    if (gonfalon_info(handle_.get(), &i) != 0) return std::nullopt;
    Info info{std::string(*view(i.environment)), {}, {}, i.revision, i.flags, i.segments, i.unreadable};
    std::memcpy(info.id.data(), i.id, sizeof i.id);
    std::memcpy(info.lineage.data(), i.lineage, sizeof i.lineage);
    return info;
  }

  // The bytes of the snapshot that a delta makes of this one. Throws LoadError if it doesn't apply.
  std::string_view splice(std::string_view delta) {
    gonfalon_text spliced;
    std::uint32_t offset = 0;
    const std::int32_t code = gonfalon_splice(handle_.get(), delta.data(), delta.size(), &spliced, &offset);
    check(code, offset);
    return *view(spliced);
  }

  // The handle, for gonfalon.h. It stays this object's.
  gonfalon_snapshot* get() const noexcept { return handle_.get(); }

 private:
  explicit Snapshot(gonfalon_snapshot* handle) : handle_(handle) {}

  static void check(std::int32_t code, std::uint32_t offset) {
    if (code == GONFALON_NO_MEMORY) throw std::bad_alloc();
    if (code != 0) throw LoadError(code, offset);
  }
  static std::optional<std::string_view> view(gonfalon_text text) noexcept {
    if (!text.data) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(text.data), text.size);
  }
  static Decision decision(const gonfalon_decision& d) noexcept { return {d.packed, view(d.name), view(d.payload), view(d.target)}; }

  bool enabled_by(const Request& request, bool otherwise) noexcept {
    try {
      return enabled(request.bytes(), otherwise);
    } catch (...) {  // no memory for the request
      return otherwise;
    }
  }
  template <typename F>
  std::optional<std::string_view> answer(F ask, std::string_view request) noexcept {
    gonfalon_text text;
    return ask(handle_.get(), request.data(), request.size(), &text) == 0 ? view(text) : std::nullopt;
  }

  struct Free {
    void operator()(gonfalon_snapshot* s) const noexcept { gonfalon_free(s); }
  };
  std::unique_ptr<gonfalon_snapshot, Free> handle_;
};

// Text is UTF-8. What isn't becomes U+FFFD, one for each longest beginning of a character, as WHATWG's decoder has it.
inline void Msgpack::text(std::string_view text) {
  std::string valid;
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    std::size_t read = 1;
    while (read < length && byte(i + read) >= (read == 1 ? low : 0x80) && byte(i + read) <= (read == 1 ? high : 0xbf)) read++;
    if (read == length) valid.append(text.substr(i, read));
    else valid.append("\xef\xbf\xbd");
    i += read;
  }
  valid.size() < 32 ? head(static_cast<std::uint8_t>(0xa0 | valid.size()), 0, 0) : head(0xdb, valid.size(), 4);
  bytes_ += valid;
}

}  // namespace gonfalon

#endif
