// How hosts are reached, for people.
#ifndef CLIENT_TEXT_HOST_SETTINGS_TEXT_H_
#define CLIENT_TEXT_HOST_SETTINGS_TEXT_H_

#include <string>

#include "muster/v1/target_service.pb.h"

namespace muster::client {

// Hosts of which the same is said are told together, "web[1-20]" and below it a line for each
// setting, "  port: 2222 (hosts.ini)". Addresses do not tell them apart: each that is not the
// host's name has a line of its own. `response` has settings.
std::string HostSettingsText(const v1::ResolveTargetsResponse& response);

}  // namespace muster::client

#endif  // CLIENT_TEXT_HOST_SETTINGS_TEXT_H_
