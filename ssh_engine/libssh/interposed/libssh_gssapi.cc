#include "ssh_engine/libssh/interposed/libssh_gssapi.h"

#include <dlfcn.h>

#include <algorithm>
#include <utility>

namespace muster::engine {
namespace {

thread_local LibsshGssapi* current = nullptr;

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// While GSSAPI is at work: what it has itself make then it frees itself.
class Inside {
 public:
  Inside() : noted_(std::exchange(current, nullptr)) {}
  ~Inside() { current = noted_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  // Null: outside of a scope.
  LibsshGssapi* noted() const { return noted_; }

 private:
  LibsshGssapi* const noted_;
};

}  // namespace

LibsshGssapi::~LibsshGssapi() {
  OM_uint32 minor = 0;
  for (gss_ctx_id_t context : contexts_) {
    gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  }
  for (gss_name_t name : names_) gss_release_name(&minor, &name);
}

// Each call for the same one tells it again.
void LibsshGssapi::Note(gss_ctx_id_t context) {
  if (std::find(contexts_.begin(), contexts_.end(), context) == contexts_.end()) {
    contexts_.push_back(context);
  }
}

void LibsshGssapi::Forget(gss_ctx_id_t context) {
  contexts_.erase(std::remove(contexts_.begin(), contexts_.end(), context), contexts_.end());
}

void LibsshGssapi::Forget(gss_name_t name) {
  names_.erase(std::remove(names_.begin(), names_.end(), name), names_.end());
}

LibsshGssapi::Scope::Scope(LibsshGssapi* noted) : outer_(std::exchange(current, noted)) {}

LibsshGssapi::Scope::~Scope() { current = outer_; }

}  // namespace muster::engine

// In front of GSSAPI's: a program that links this has them, and libssh calls them, for symbols are
// looked up in the program first (ld.so(8)). Outside of a scope they do nothing of their own.

using muster::engine::Inside;
using muster::engine::Real;

extern "C" OM_uint32 gss_init_sec_context(OM_uint32* minor, gss_cred_id_t credential,
                                          gss_ctx_id_t* context, gss_name_t target, gss_OID mech,
                                          OM_uint32 flags, OM_uint32 seconds,
                                          gss_channel_bindings_t bindings, gss_buffer_t input,
                                          gss_OID* actual_mech, gss_buffer_t output,
                                          OM_uint32* actual_flags, OM_uint32* actual_seconds) {
  static const auto real = Real<decltype(gss_init_sec_context)>("gss_init_sec_context");
  const Inside inside;
  const gss_ctx_id_t before = *context;
  const OM_uint32 major = real(minor, credential, context, target, mech, flags, seconds, bindings,
                               input, actual_mech, output, actual_flags, actual_seconds);
  if (inside.noted() == nullptr) return major;
  if (before != GSS_C_NO_CONTEXT && *context != before) inside.noted()->Forget(before);
  if (*context != GSS_C_NO_CONTEXT) inside.noted()->Note(*context);
  return major;
}

extern "C" OM_uint32 gss_delete_sec_context(OM_uint32* minor, gss_ctx_id_t* context,
                                            gss_buffer_t token) {
  static const auto real = Real<decltype(gss_delete_sec_context)>("gss_delete_sec_context");
  const Inside inside;
  if (inside.noted() != nullptr) inside.noted()->Forget(*context);
  return real(minor, context, token);
}

extern "C" OM_uint32 gss_import_name(OM_uint32* minor, gss_buffer_t text, gss_OID kind,
                                     gss_name_t* name) {
  static const auto real = Real<decltype(gss_import_name)>("gss_import_name");
  const Inside inside;
  const OM_uint32 major = real(minor, text, kind, name);
  if (inside.noted() != nullptr && *name != GSS_C_NO_NAME) inside.noted()->Note(*name);
  return major;
}

extern "C" OM_uint32 gss_release_name(OM_uint32* minor, gss_name_t* name) {
  static const auto real = Real<decltype(gss_release_name)>("gss_release_name");
  const Inside inside;
  if (inside.noted() != nullptr) inside.noted()->Forget(*name);
  return real(minor, name);
}
