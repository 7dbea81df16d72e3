#include "client/library/certificate_text.h"

#include <time.h>

#include <memory>

namespace muster::client {

std::string DateText(const ASN1_TIME* time) {
  tm parts = {};
  char text[64];
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "a date that cannot be read";
  return std::string(text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts));
}

std::string NameText(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace muster::client
