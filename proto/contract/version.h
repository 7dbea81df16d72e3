// The version of muster and musterd.
#ifndef PROTO_CONTRACT_VERSION_H_
#define PROTO_CONTRACT_VERSION_H_

namespace muster {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace muster

#endif  // PROTO_CONTRACT_VERSION_H_
