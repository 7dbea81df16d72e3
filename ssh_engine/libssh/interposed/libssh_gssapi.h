// What libssh has GSSAPI make for a login, and does not give back.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_GSSAPI_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_GSSAPI_H_

#include <gssapi/gssapi.h>

#include <vector>

namespace muster::engine {

// libssh 0.10 frees neither context, names, sets nor tokens of a login by GSSAPI (gssapi.c): some
// ten KiB each, for good. Within a Scope what is made on this thread is noted here, and freed with
// this. (Its own structure, some 300 bytes, stays.) Used by one thread at a time; destroyed once
// libssh is not asked for a login any more.
class LibsshGssapi {
 public:
  class Scope;

  LibsshGssapi() = default;
  ~LibsshGssapi();
  LibsshGssapi(const LibsshGssapi&) = delete;
  LibsshGssapi& operator=(const LibsshGssapi&) = delete;

  // --- What libssh calls, within a scope.
  void NoteContext(gss_ctx_id_t context);
  void NoteName(gss_name_t name) { names_.push_back(name); }
  void NoteSet(gss_OID_set set) { sets_.push_back(set); }
  void NoteToken(const gss_buffer_desc& token) { tokens_.push_back(token); }

 private:
  std::vector<gss_ctx_id_t> contexts_;
  std::vector<gss_name_t> names_;
  std::vector<gss_OID_set> sets_;
  std::vector<gss_buffer_desc> tokens_;
};

class LibsshGssapi::Scope {
 public:
  explicit Scope(LibsshGssapi* noted);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  LibsshGssapi* const outer_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_GSSAPI_H_
