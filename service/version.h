#ifndef SERVICE_VERSION_H_
#define SERVICE_VERSION_H_

namespace muster::service {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace muster::service

#endif  // SERVICE_VERSION_H_
