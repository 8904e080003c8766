// hygea.hpp: the C++17 face of libhygea, in one header over hygea.h.
//
//     auto opened = hygea::engine::open("clinic-data", hygea::options{}.development());
//     if (!opened) { std::cerr << opened.error().message(); return 1; }
//     hygea::engine engine = std::move(*opened);
//     auto response = engine.handle(hygea::request("GET", "/demo/fhir/r4/Patient?family=smith"));
//
// Handles are move-only and free themselves. Calls give a hygea::result<T>: a value, or a hygea::error. Nothing here
// throws, except where a program defines HYGEA_EXCEPTIONS before this header: then result<T>::value() throws a
// hygea::exception. Text is std::string_view in UTF-8; a view that a handle gives lives as long as the handle.
// What `const` means for threads is what it means in hygea.h: const members may run on many threads at once.

#ifndef HYGEA_HPP
#define HYGEA_HPP

#include <hygea.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#ifdef HYGEA_EXCEPTIONS
#include <stdexcept>
#endif

namespace hygea {

namespace detail {

inline hygea_str to_c(std::string_view text) noexcept { return hygea_str{text.data(), text.size()}; }

inline hygea_bytes bytes_to_c(std::string_view bytes) noexcept {
    return hygea_bytes{reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()};
}

inline std::string_view view(hygea_str text) noexcept {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

inline std::string_view view(hygea_bytes bytes) noexcept {
    return bytes.ptr == nullptr ? std::string_view()
                                : std::string_view(reinterpret_cast<const char *>(bytes.ptr), bytes.len);
}

// A handle of the library that frees itself.
template <class T, void (*Free)(T *)>
struct freeing {
    void operator()(T *handle) const noexcept { Free(handle); }
};

template <class T, void (*Free)(T *)>
using handle = std::unique_ptr<T, freeing<T, Free>>;

// Runs what a host gave and lets no exception reach the library, which could not pass it on.
template <class R, class F>
R sheltered(R otherwise, F &&work) noexcept {
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
    try {
        return work();
    } catch (...) {
        return otherwise;
    }
#else
    (void)otherwise;
    return work();
#endif
}

} // namespace detail

/// What went wrong. Never quotes a value out of a document.
class error {
public:
    /// Takes an error over from a call of hygea.h; `raw` may be null.
    explicit error(hygea_status status, hygea_error *raw = nullptr) noexcept : status_(status), raw_(raw) {}

    /// The number, one of HYGEA_E_….
    hygea_status code() const noexcept { return status_; }
    /// What went wrong, in English, for logs and developers.
    std::string_view message() const noexcept { return detail::view(hygea_error_message(raw_.get())); }
    /// The failure as the JSON of a FHIR OperationOutcome.
    std::string_view outcome() const noexcept { return detail::view(hygea_error_outcome(raw_.get())); }

private:
    hygea_status status_;
    detail::handle<hygea_error, hygea_error_free> raw_;
};

#ifdef HYGEA_EXCEPTIONS
/// What result<T>::value() throws.
class exception : public std::runtime_error {
public:
    explicit exception(const hygea::error &from)
        : std::runtime_error(std::string(from.message())), code_(from.code()), outcome_(from.outcome()) {}

    hygea_status code() const noexcept { return code_; }
    const std::string &outcome() const noexcept { return outcome_; }

private:
    hygea_status code_;
    std::string outcome_;
};
#endif

namespace detail {

[[noreturn]] inline void no_value(const hygea::error &from) {
#ifdef HYGEA_EXCEPTIONS
    throw hygea::exception(from);
#else
    (void)from;
    std::abort();
#endif
}

} // namespace detail

/// A value, or what went wrong.
template <class T>
class [[nodiscard]] result {
public:
    result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    result(hygea::error failure) : content_(std::in_place_index<1>, std::move(failure)) {}

    bool ok() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    /// The value. Without one: throws if HYGEA_EXCEPTIONS is defined, ends the program otherwise.
    T &value() & { return *checked(); }
    const T &value() const & { return *const_cast<result *>(this)->checked(); }
    T &&value() && { return std::move(*checked()); }
    T &operator*() & { return *checked(); }
    T &&operator*() && { return std::move(*checked()); }
    T *operator->() { return checked(); }

    /// What went wrong; only if !ok().
    const hygea::error &error() const noexcept { return *std::get_if<1>(&content_); }

private:
    T *checked() {
        T *value = std::get_if<0>(&content_);
        if (value == nullptr) detail::no_value(error());
        return value;
    }

    std::variant<T, hygea::error> content_;
};

/// Success, or what went wrong.
template <>
class [[nodiscard]] result<void> {
public:
    result() = default;
    result(hygea::error failure) : failure_(std::move(failure)) {}

    bool ok() const noexcept { return !failure_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    void value() const {
        if (failure_) detail::no_value(*failure_);
    }
    const hygea::error &error() const noexcept { return *failure_; }

private:
    std::optional<hygea::error> failure_;
};

/// Gives bytes piece by piece: writes at most `capacity` bytes to `buffer` and returns how many, 0 at the end, a
/// negative number for a failure.
using reader = std::function<std::int64_t(std::uint8_t *buffer, std::size_t capacity)>;

/// Takes bytes piece by piece, and returns whether it could.
using writer = std::function<bool(std::string_view part)>;

namespace detail {

// A reader as the library calls it.
inline std::int64_t read_from(void *user, std::uint8_t *buffer, std::size_t capacity) {
    auto &from = *static_cast<const reader *>(user);
    return sheltered<std::int64_t>(-1, [&] { return from(buffer, capacity); });
}

// A writer as the library calls it.
inline std::int32_t write_to(void *user, hygea_bytes part) {
    auto &to = *static_cast<const writer *>(user);
    return sheltered<std::int32_t>(-1, [&] { return to(view(part)) ? 0 : 1; });
}

inline hygea_reader raw(const reader &from) noexcept { return {const_cast<reader *>(&from), &read_from}; }
inline hygea_writer raw(const writer &to) noexcept { return {const_cast<writer *>(&to), &write_to}; }

} // namespace detail

/// Text that the library made.
class text {
public:
    explicit text(hygea_text *raw) noexcept : raw_(raw) {}

    /// Valid as long as this object.
    std::string_view view() const noexcept { return detail::view(hygea_text_view(raw_.get())); }
    operator std::string_view() const noexcept { return view(); }

private:
    detail::handle<hygea_text, hygea_text_free> raw_;
};

/// Results that come one by one, each the text of a JSON value:
///
///     for (std::string_view row : rows) …
///
/// A row is valid until the next one is taken. Rows are taken once.
class rows {
public:
    explicit rows(hygea_rows *raw) noexcept : raw_(raw) {}

    /// The next row; nothing after the last.
    std::optional<std::string_view> next() noexcept {
        hygea_str row = {};
        if (hygea_rows_next(raw_.get(), &row, nullptr) != HYGEA_OK) return std::nullopt;
        return detail::view(row);
    }

    struct sentinel {};

    class iterator {
    public:
        explicit iterator(rows *from) noexcept : from_(from), row_(from->next()) {}
        std::string_view operator*() const noexcept { return *row_; }
        iterator &operator++() noexcept { return row_ = from_->next(), *this; }
        bool operator!=(sentinel) const noexcept { return row_.has_value(); }

    private:
        rows *from_;
        std::optional<std::string_view> row_;
    };

    iterator begin() noexcept { return iterator(this); }
    sentinel end() const noexcept { return {}; }

private:
    detail::handle<hygea_rows, hygea_rows_free> raw_;
};

/// The versions of FHIR.
enum class version : std::uint32_t {
    dstu2 = HYGEA_FHIR_DSTU2,
    stu3 = HYGEA_FHIR_STU3,
    r4 = HYGEA_FHIR_R4,
    r4b = HYGEA_FHIR_R4B,
    r5 = HYGEA_FHIR_R5,
};

/// One resource. It never changes.
class resource {
public:
    /// Reads JSON and holds its structure to the rules of the version.
    static result<resource> parse(std::string_view json, hygea::version of = hygea::version::r4) {
        hygea_resource *parsed = nullptr;
        hygea_error *err = nullptr;
        hygea_status status =
            hygea_resource_parse(detail::bytes_to_c(json), static_cast<std::uint32_t>(of), &parsed, &err);
        if (status != HYGEA_OK) return error(status, err);
        return resource(parsed);
    }

    /// The type, like `Patient`.
    std::string_view type() const noexcept { return detail::view(hygea_resource_type(raw_.get())); }
    /// The id; empty if there is none.
    std::string_view id() const noexcept { return detail::view(hygea_resource_id(raw_.get())); }

    /// JSON without white space: members in their order, numbers with all their digits.
    result<text> json() const {
        hygea_text *made = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_resource_json(raw_.get(), &made, &err);
        if (status != HYGEA_OK) return error(status, err);
        return text(made);
    }

    /// Gives the JSON to a writer.
    result<void> write(const writer &to) const {
        hygea_writer raw = detail::raw(to);
        hygea_error *err = nullptr;
        hygea_status status = hygea_resource_write(raw_.get(), &raw, &err);
        if (status != HYGEA_OK) return error(status, err);
        return {};
    }

    /// Evaluates a FHIRPath expression that is used once; see hygea::fhirpath for others.
    result<rows> eval(std::string_view expression) const {
        hygea_rows *found = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_resource_eval(raw_.get(), detail::to_c(expression), &found, &err);
        if (status != HYGEA_OK) return error(status, err);
        return rows(found);
    }

    /// The handle, for calls of hygea.h; it stays owned here.
    const hygea_resource *raw() const noexcept { return raw_.get(); }

private:
    explicit resource(hygea_resource *raw) noexcept : raw_(raw) {}

    detail::handle<hygea_resource, hygea_resource_free> raw_;
};

/// A compiled FHIRPath expression. It never changes.
class fhirpath {
public:
    /// Compiles an expression for the resources of a version.
    static result<fhirpath> compile(std::string_view text, hygea::version of = hygea::version::r4) {
        hygea_fhirpath *compiled = nullptr;
        hygea_error *err = nullptr;
        hygea_status status =
            hygea_fhirpath_compile(detail::to_c(text), static_cast<std::uint32_t>(of), &compiled, &err);
        if (status != HYGEA_OK) return error(status, err);
        return fhirpath(compiled);
    }

    /// The items that the expression gives on a resource. `now` is the time of `now()`, as a FHIR instant.
    result<rows> evaluate(const resource &on, std::string_view now = {}) const {
        hygea_rows *found = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_fhirpath_evaluate(raw_.get(), on.raw(), detail::to_c(now), &found, &err);
        if (status != HYGEA_OK) return error(status, err);
        return rows(found);
    }

private:
    explicit fhirpath(hygea_fhirpath *raw) noexcept : raw_(raw) {}

    detail::handle<hygea_fhirpath, hygea_fhirpath_free> raw_;
};

/// A search. It never changes.
class query {
public:
    /// Reads the query of a search URL, without its question mark, for a type of resources.
    static result<query> parse(std::string_view type, std::string_view form,
                               hygea::version of = hygea::version::r4) {
        hygea_query *parsed = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_query_parse(detail::to_c(type), detail::to_c(form),
                                                static_cast<std::uint32_t>(of), &parsed, &err);
        if (status != HYGEA_OK) return error(status, err);
        return query(parsed);
    }

    /// Whether a resource meets all conditions.
    result<bool> matches(const resource &candidate) const {
        std::int32_t found = 0;
        hygea_error *err = nullptr;
        hygea_status status = hygea_query_matches(raw_.get(), candidate.raw(), &found, &err);
        if (status != HYGEA_OK) return error(status, err);
        return found != 0;
    }

    /// The query as it was understood.
    result<hygea::text> text() const {
        hygea_text *made = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_query_text(raw_.get(), &made, &err);
        if (status != HYGEA_OK) return error(status, err);
        return hygea::text(made);
    }

private:
    explicit query(hygea_query *raw) noexcept : raw_(raw) {}

    detail::handle<hygea_query, hygea_query_free> raw_;
};

/// The two mappings of a device connector, compiled. They never change.
class mapper {
public:
    /// Whose rules decide.
    enum class mode : std::uint32_t { compat = 0, strict = HYGEA_MAPPER_STRICT };

    /// Compiles a device mapping and a FHIR mapping.
    static result<mapper> make(std::string_view device, std::string_view fhir, mode rules = mode::compat) {
        hygea_mapper *made = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_mapper_new(detail::bytes_to_c(device), detail::bytes_to_c(fhir),
                                               static_cast<std::uint32_t>(rules), &made, &err);
        if (status != HYGEA_OK) return error(status, err);
        return mapper(made);
    }

    /// The measurements of messages.
    result<rows> normalize(const std::vector<std::string_view> &messages) const {
        std::vector<hygea_bytes> raw = borrowed(messages);
        hygea_rows *found = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_mapper_normalize(raw_.get(), raw.data(), raw.size(), &found, &err);
        if (status != HYGEA_OK) return error(status, err);
        return rows(found);
    }

    /// The resources that messages become. `now`, a FHIR instant, becomes `issued`.
    result<rows> map(const std::vector<std::string_view> &messages, std::string_view now) const {
        std::vector<hygea_bytes> raw = borrowed(messages);
        hygea_rows *found = nullptr;
        hygea_error *err = nullptr;
        hygea_status status =
            hygea_mapper_map(raw_.get(), raw.data(), raw.size(), detail::to_c(now), &found, &err);
        if (status != HYGEA_OK) return error(status, err);
        return rows(found);
    }

private:
    explicit mapper(hygea_mapper *raw) noexcept : raw_(raw) {}

    static std::vector<hygea_bytes> borrowed(const std::vector<std::string_view> &messages) {
        std::vector<hygea_bytes> raw;
        raw.reserve(messages.size());
        for (std::string_view message : messages) raw.push_back(detail::bytes_to_c(message));
        return raw;
    }

    detail::handle<hygea_mapper, hygea_mapper_free> raw_;
};

/// One DICOM file. It never changes.
class dataset {
public:
    /// How much of a file is read.
    enum class extent : std::uint32_t { whole = 0, header = HYGEA_DATASET_HEADER };
    /// What its JSON holds.
    enum class binary : std::uint32_t { inlined = 0, omitted = HYGEA_DATASET_OMIT_BINARY };

    /// Reads a file that is in memory; its bytes are copied.
    static result<dataset> parse(std::string_view file, extent how_much = extent::whole) {
        hygea_dataset *parsed = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_dataset_parse(detail::bytes_to_c(file), flags(how_much), &parsed, &err);
        if (status != HYGEA_OK) return error(status, err);
        return dataset(parsed);
    }

    /// Reads a file that comes piece by piece. An exception that leaves `from` counts as a failure to read.
    static result<dataset> read(const reader &from, extent how_much = extent::whole) {
        hygea_reader raw = detail::raw(from);
        hygea_dataset *parsed = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_dataset_read(&raw, flags(how_much), &parsed, &err);
        if (status != HYGEA_OK) return error(status, err);
        return dataset(parsed);
    }

    /// The UID of the transfer syntax.
    std::string_view transfer_syntax() const noexcept {
        return detail::view(hygea_dataset_transfer_syntax(raw_.get()));
    }

    /// The data set in the DICOM JSON model.
    result<text> json(binary values = binary::inlined) const {
        hygea_text *made = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_dataset_json(raw_.get(), static_cast<std::uint32_t>(values), &made, &err);
        if (status != HYGEA_OK) return error(status, err);
        return text(made);
    }

private:
    explicit dataset(hygea_dataset *raw) noexcept : raw_(raw) {}
    static std::uint32_t flags(extent how_much) noexcept { return static_cast<std::uint32_t>(how_much); }

    detail::handle<hygea_dataset, hygea_dataset_free> raw_;
};

/// One header field.
struct header {
    std::string_view name;
    std::string_view value;
};

/// The circumstances of a call. The texts must live until the call returns.
class call {
public:
    call() noexcept { raw_.struct_size = sizeof raw_; }

    /// Scheme and host under which callers reach the engine.
    call &base_url(std::string_view url) noexcept { return raw_.base_url = detail::to_c(url), *this; }
    /// An id that the audit record carries.
    call &correlation_id(std::string_view id) noexcept { return raw_.correlation_id = detail::to_c(id), *this; }
    /// The network address of the caller, for the audit record.
    call &remote_address(std::string_view address) noexcept {
        return raw_.remote_address = detail::to_c(address), *this;
    }

    const hygea_call *raw() const noexcept { return &raw_; }

private:
    hygea_call raw_ = {};
};

/// One request. The texts and the body must live until the call returns.
class request {
public:
    /// `path` is percent-encoded as in HTTP and may carry the query behind a question mark.
    request(std::string_view method, std::string_view path) {
        raw_.struct_size = sizeof raw_;
        raw_.method = detail::to_c(method);
        raw_.path = detail::to_c(path);
    }

    /// The query without its question mark, percent-encoded as in HTTP.
    request &&query(std::string_view query) && { return raw_.query = detail::to_c(query), std::move(*this); }
    /// Adds a header field.
    request &&header(std::string_view name, std::string_view value) && {
        headers_.push_back(hygea_header{detail::to_c(name), detail::to_c(value)});
        return std::move(*this);
    }
    /// The body, at hand.
    request &&body(std::string_view bytes) && { return raw_.body = detail::bytes_to_c(bytes), std::move(*this); }
    /// The body, piece by piece. An exception that leaves `from` counts as a failure to read.
    request &&body(reader from) && { return reader_ = std::move(from), std::move(*this); }

    request &query(std::string_view query) & { return raw_.query = detail::to_c(query), *this; }
    request &header(std::string_view name, std::string_view value) & {
        headers_.push_back(hygea_header{detail::to_c(name), detail::to_c(value)});
        return *this;
    }
    request &body(std::string_view bytes) & { return raw_.body = detail::bytes_to_c(bytes), *this; }
    request &body(reader from) & { return reader_ = std::move(from), *this; }

private:
    friend class engine;

    hygea_request raw_ = {};
    std::vector<hygea_header> headers_;
    reader reader_;
};

/// The answer to a request.
class response {
public:
    explicit response(hygea_response *raw) noexcept : raw_(raw) {}

    /// The HTTP status.
    std::uint16_t status() const noexcept { return hygea_response_status(raw_.get()); }
    /// Whether the status says that the request was carried out.
    bool ok() const noexcept { return status() >= 200 && status() < 300; }

    /// The value of the first header field of a name, without regard to case.
    std::optional<std::string_view> header(std::string_view name) const noexcept {
        hygea_str value = hygea_response_header(raw_.get(), detail::to_c(name));
        if (value.ptr == nullptr) return std::nullopt;
        return detail::view(value);
    }

    /// All header fields, for a range-based for loop.
    class headers_view {
    public:
        class iterator {
        public:
            iterator(const hygea_response *raw, std::size_t at) noexcept : raw_(raw), at_(at) {}
            hygea::header operator*() const noexcept {
                hygea_header field = hygea_response_header_at(raw_, at_);
                return {detail::view(field.name), detail::view(field.value)};
            }
            iterator &operator++() noexcept { return ++at_, *this; }
            bool operator!=(const iterator &other) const noexcept { return at_ != other.at_; }

        private:
            const hygea_response *raw_;
            std::size_t at_;
        };

        explicit headers_view(const hygea_response *raw) noexcept : raw_(raw) {}
        iterator begin() const noexcept { return {raw_, 0}; }
        iterator end() const noexcept { return {raw_, size()}; }
        std::size_t size() const noexcept { return hygea_response_header_count(raw_); }

    private:
        const hygea_response *raw_;
    };
    headers_view headers() const noexcept { return headers_view(raw_.get()); }

    /// The size of the whole body, if it is known before it is read.
    std::optional<std::uint64_t> body_size() const noexcept {
        std::int64_t size = hygea_response_body_size(raw_.get());
        if (size < 0) return std::nullopt;
        return static_cast<std::uint64_t>(size);
    }

    /// The body, as far as read() has not handed it out; a streamed content is read into memory first.
    result<std::string_view> body() {
        hygea_bytes bytes = {};
        hygea_error *err = nullptr;
        hygea_status status = hygea_response_body(raw_.get(), &bytes, &err);
        if (status != HYGEA_OK) return error(status, err);
        return detail::view(bytes);
    }

    /// Reads at most `capacity` bytes of the body; 0 at its end.
    result<std::size_t> read(void *buffer, std::size_t capacity) {
        std::size_t count = 0;
        hygea_error *err = nullptr;
        hygea_status status =
            hygea_response_read(raw_.get(), static_cast<std::uint8_t *>(buffer), capacity, &count, &err);
        if (status != HYGEA_OK && status != HYGEA_DONE) return error(status, err);
        return count;
    }

    /// Gives what is left of the body to `to`. An exception that leaves `to` counts as a failure to write.
    result<void> write(const writer &to) {
        hygea_writer raw = detail::raw(to);
        hygea_error *err = nullptr;
        hygea_status status = hygea_response_write(raw_.get(), &raw, &err);
        if (status != HYGEA_OK) return error(status, err);
        return {};
    }

private:
    detail::handle<hygea_response, hygea_response_free> raw_;
};

/// How an engine is opened.
class options {
public:
    /// No token is asked for, every caller may do everything, and the workspace `demo` is there. Not for real data.
    options development(bool on = true) const noexcept { return with(HYGEA_ENGINE_DEVELOPMENT, on); }
    /// Everything is kept in memory, and lost when the engine is destroyed; the path is empty.
    options in_memory(bool on = true) const noexcept { return with(HYGEA_ENGINE_MEMORY, on); }

    std::uint32_t flags() const noexcept { return flags_; }

private:
    options with(std::uint32_t flag, bool on) const noexcept {
        options changed = *this;
        changed.flags_ = on ? flags_ | flag : flags_ & ~flag;
        return changed;
    }

    std::uint32_t flags_ = 0;
};

/// All services of all workspaces on one folder of files.
class engine {
public:
    /// Opens the engine on a folder, which is made if it is not there.
    static result<engine> open(std::string_view path, options how = {}) {
        hygea_engine_options raw = {};
        raw.struct_size = sizeof raw;
        raw.path = detail::to_c(path);
        raw.flags = how.flags();
        hygea_engine *opened = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_engine_open(&raw, &opened, &err);
        if (status != HYGEA_OK) return error(status, err);
        return engine(opened);
    }

    /// Answers one request. What goes wrong in the services is a response.
    result<response> handle(const request &asked) const { return handle(nullptr, asked); }
    result<response> handle(const call &circumstances, const request &asked) const {
        return handle(circumstances.raw(), asked);
    }

    /// Closes all stores and says whether that succeeded; later requests are answered 503.
    result<void> close() const {
        hygea_error *err = nullptr;
        hygea_status status = hygea_engine_close(raw_.get(), &err);
        if (status != HYGEA_OK) return error(status, err);
        return {};
    }

    /// The handle, for calls of hygea.h; it stays owned here.
    const hygea_engine *raw() const noexcept { return raw_.get(); }

private:
    explicit engine(hygea_engine *raw) noexcept : raw_(raw) {}

    result<response> handle(const hygea_call *circumstances, const request &asked) const {
        hygea_request raw = asked.raw_;
        raw.headers = asked.headers_.data();
        raw.header_count = asked.headers_.size();
        hygea_reader from = detail::raw(asked.reader_);
        if (asked.reader_) raw.body_reader = &from;
        hygea_response *answered = nullptr;
        hygea_error *err = nullptr;
        hygea_status status = hygea_engine_handle(raw_.get(), circumstances, &raw, &answered, &err);
        if (status != HYGEA_OK) return error(status, err);
        return response(answered);
    }

    detail::handle<hygea_engine, hygea_engine_free> raw_;
};

/// Whether the loaded library fits the header that this program was compiled with.
inline bool library_fits() noexcept {
    std::uint32_t loaded = hygea_api_version();
    bool same_major = loaded >> 16 == HYGEA_VERSION_MAJOR;
    return HYGEA_VERSION_MAJOR == 0 ? loaded == HYGEA_API_VERSION : same_major && loaded >= HYGEA_API_VERSION;
}

} // namespace hygea

#endif // HYGEA_HPP
