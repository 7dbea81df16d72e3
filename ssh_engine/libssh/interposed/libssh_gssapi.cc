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
  for (gss_OID_set set : sets_) gss_release_oid_set(&minor, &set);
  for (gss_buffer_desc& token : tokens_) gss_release_buffer(&minor, &token);
}

// Each call for the same one tells it again; one that has failed is none.
void LibsshGssapi::NoteContext(gss_ctx_id_t context) {
  if (context == GSS_C_NO_CONTEXT) return;
  if (std::find(contexts_.begin(), contexts_.end(), context) != contexts_.end()) return;
  contexts_.push_back(context);
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
  const OM_uint32 major = real(minor, credential, context, target, mech, flags, seconds, bindings,
                               input, actual_mech, output, actual_flags, actual_seconds);
  if (inside.noted() == nullptr) return major;
  inside.noted()->NoteContext(*context);
  if (output->value != nullptr) inside.noted()->NoteToken(*output);
  return major;
}

extern "C" OM_uint32 gss_get_mic(OM_uint32* minor, gss_ctx_id_t context, gss_qop_t quality,
                                 gss_buffer_t message, gss_buffer_t token) {
  static const auto real = Real<decltype(gss_get_mic)>("gss_get_mic");
  const Inside inside;
  const OM_uint32 major = real(minor, context, quality, message, token);
  if (inside.noted() != nullptr && token->value != nullptr) inside.noted()->NoteToken(*token);
  return major;
}

extern "C" OM_uint32 gss_import_name(OM_uint32* minor, gss_buffer_t text, gss_OID kind,
                                     gss_name_t* name) {
  static const auto real = Real<decltype(gss_import_name)>("gss_import_name");
  const Inside inside;
  const OM_uint32 major = real(minor, text, kind, name);
  if (inside.noted() != nullptr && *name != GSS_C_NO_NAME) inside.noted()->NoteName(*name);
  return major;
}

extern "C" OM_uint32 gss_create_empty_oid_set(OM_uint32* minor, gss_OID_set* set) {
  static const auto real = Real<decltype(gss_create_empty_oid_set)>("gss_create_empty_oid_set");
  const Inside inside;
  const OM_uint32 major = real(minor, set);
  if (inside.noted() != nullptr && *set != GSS_C_NO_OID_SET) inside.noted()->NoteSet(*set);
  return major;
}

extern "C" OM_uint32 gss_inquire_cred(OM_uint32* minor, gss_cred_id_t credential, gss_name_t* name,
                                      OM_uint32* seconds, gss_cred_usage_t* usage,
                                      gss_OID_set* mechs) {
  static const auto real = Real<decltype(gss_inquire_cred)>("gss_inquire_cred");
  const Inside inside;
  const OM_uint32 major = real(minor, credential, name, seconds, usage, mechs);
  const bool made = mechs != nullptr && *mechs != GSS_C_NO_OID_SET;
  if (inside.noted() != nullptr && made) inside.noted()->NoteSet(*mechs);
  return major;
}
