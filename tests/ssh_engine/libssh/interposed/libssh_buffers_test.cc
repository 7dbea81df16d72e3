#include "ssh_engine/libssh/interposed/libssh_buffers.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::engine {
namespace {

const std::string kPacket(32 * 1024, 'x');

void Add(ssh_buffer buffer) {
  ASSERT_EQ(ssh_buffer_add_data(buffer, kPacket.data(), static_cast<uint32_t>(kPacket.size())), 0);
}

std::string Take(ssh_buffer buffer, size_t size) {
  std::string taken(size, '\0');
  EXPECT_EQ(ssh_buffer_get_data(buffer, &taken[0], static_cast<uint32_t>(size)), size);
  return taken;
}

TEST(LibsshBuffersTest, AnEmptyBufferKeepsNothing) {
  LibsshBuffers buffers;
  const LibsshBuffers::Scope scope(&buffers);
  ssh_buffer buffer = ssh_buffer_new();
  Add(buffer);
  Take(buffer, kPacket.size());
  ASSERT_GE(buffers.allocated(), kPacket.size());
  buffers.GiveBack();
  EXPECT_LT(buffers.allocated(), 1024u);
  EXPECT_EQ(ssh_buffer_get_len(buffer), 0u);
  Add(buffer);
  EXPECT_EQ(Take(buffer, kPacket.size()), kPacket);
  ssh_buffer_free(buffer);
}

TEST(LibsshBuffersTest, WhatABufferHoldsStays) {
  LibsshBuffers buffers;
  const LibsshBuffers::Scope scope(&buffers);
  ssh_buffer buffer = ssh_buffer_new();
  Add(buffer);
  Take(buffer, 100);
  Add(buffer);
  Take(buffer, kPacket.size());
  ASSERT_GE(buffers.allocated(), 2 * kPacket.size());
  buffers.GiveBack();
  EXPECT_LE(buffers.allocated(), kPacket.size());
  EXPECT_EQ(Take(buffer, kPacket.size() - 100), kPacket.substr(100));
  ssh_buffer_free(buffer);
}

// The library's own calls are seen.
TEST(LibsshBuffersTest, KnowsTheBuffersOfASession) {
  LibsshBuffers buffers;
  const LibsshBuffers::Scope scope(&buffers);
  ssh_session session = ssh_new();
  ASSERT_NE(session, nullptr);
  EXPECT_GE(buffers.count(), 4u);  // in and out, of the socket and of the session
  ssh_free(session);
  EXPECT_EQ(buffers.count(), 0u);
}

TEST(LibsshBuffersTest, KnowsOnlyThoseOfItsScope) {
  LibsshBuffers outer;
  LibsshBuffers inner;
  const LibsshBuffers::Scope scope(&outer);
  ssh_buffer first = ssh_buffer_new();
  {
    const LibsshBuffers::Scope nested(&inner);
    ssh_buffer_free(ssh_buffer_new());
  }
  ssh_buffer second = ssh_buffer_new();
  EXPECT_EQ(outer.count(), 2u);
  EXPECT_EQ(inner.count(), 0u);
  EXPECT_EQ(outer.newest(), second);
  EXPECT_TRUE(outer.Has(first));
  ssh_buffer_free(first);
  ssh_buffer_free(second);
  EXPECT_EQ(outer.count(), 0u);
  EXPECT_EQ(outer.newest(), nullptr);
  EXPECT_FALSE(outer.Has(first));
}

}  // namespace
}  // namespace muster::engine
