/* SHA-256 of many short texts, in hex, straight from Arrow's buffers: how fast this machine can do it at all.
 *
 * With OpenSSL's headers at hand (-DWITH_OPENSSL -lcrypto) its EVP interface with one reused context; always sixteen texts
 * side by side in the lanes of vector registers, which GCC and Clang make of it for whatever the processor has.
 */
#include <stdint.h>
#include <string.h>

#ifdef WITH_OPENSSL
#include <openssl/evp.h>
#endif

#define LANES 16
#define ONE_BLOCK 55 /* bytes that fit a single block of 64 with the padding */

typedef uint32_t vector __attribute__((vector_size(4 * LANES)));

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const char HEX[] = "0123456789abcdef";

#define ROTATED(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

static void write_hex(const uint8_t *digest, char *out) {
  for (int i = 0; i < 32; i++) {
    out[2 * i] = HEX[digest[i] >> 4];
    out[2 * i + 1] = HEX[digest[i] & 15];
  }
}

/* The padded block of a text of at most ONE_BLOCK bytes, word by word, in one lane. */
static void load(const uint8_t *text, uint32_t length, uint32_t words[16][LANES], int lane) {
  uint8_t block[64] = {0};
  memcpy(block, text, length);
  block[length] = 0x80;
  block[62] = (uint8_t)(length * 8 >> 8);
  block[63] = (uint8_t)(length * 8);
  for (int i = 0; i < 16; i++) {
    uint32_t word;
    memcpy(&word, block + 4 * i, 4);
    words[i][lane] = __builtin_bswap32(word);
  }
}

static void compress(const uint32_t words[16][LANES], uint32_t digests[8][LANES]) {
  vector w[16], s[8];
  memcpy(w, words, sizeof w);
  for (int i = 0; i < 8; i++) s[i] = (vector){0} + START[i];
  vector a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
#pragma GCC unroll 64
  for (int t = 0; t < 64; t++) {
    if (t >= 16) {
      vector x = w[(t - 15) & 15], y = w[(t - 2) & 15];
      w[t & 15] += (ROTATED(x, 7) ^ ROTATED(x, 18) ^ (x >> 3)) + w[(t - 7) & 15] +
                   (ROTATED(y, 17) ^ ROTATED(y, 19) ^ (y >> 10));
    }
    vector first = h + (ROTATED(e, 6) ^ ROTATED(e, 11) ^ ROTATED(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t & 15];
    vector second = (ROTATED(a, 2) ^ ROTATED(a, 13) ^ ROTATED(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  vector end[8] = {s[0] + a, s[1] + b, s[2] + c, s[3] + d, s[4] + e, s[5] + f, s[6] + g, s[7] + h};
  memcpy(digests, end, sizeof end);
}

/* Texts of at most ONE_BLOCK bytes; returns how many were longer and left out. */
int64_t sha256_lanes(const uint8_t *data, const int32_t *offsets, int64_t count, char *out) {
  static _Thread_local uint32_t words[16][LANES] __attribute__((aligned(64)));
  static _Thread_local uint32_t digests[8][LANES] __attribute__((aligned(64)));
  int64_t left_out = 0;
  for (int64_t start = 0; start < count; start += LANES) {
    int lanes = count - start < LANES ? (int)(count - start) : LANES;
    for (int lane = 0; lane < lanes; lane++) {
      const int32_t *at = offsets + start + lane;
      uint32_t length = (uint32_t)(at[1] - at[0]);
      if (length > ONE_BLOCK) left_out++;
      load(data + at[0], length > ONE_BLOCK ? 0 : length, words, lane);
    }
    compress(words, digests);
    for (int lane = 0; lane < lanes; lane++) {
      uint32_t digest[8];
      for (int i = 0; i < 8; i++) digest[i] = __builtin_bswap32(digests[i][lane]);
      write_hex((const uint8_t *)digest, out + 64 * (start + lane));
    }
  }
  return left_out;
}

#ifdef WITH_OPENSSL
int64_t sha256_openssl(const uint8_t *data, const int32_t *offsets, int64_t count, char *out) {
  EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  for (int64_t i = 0; i < count; i++) {
    uint8_t digest[32];
    EVP_DigestInit_ex2(context, algorithm, NULL);
    EVP_DigestUpdate(context, data + offsets[i], (size_t)(offsets[i + 1] - offsets[i]));
    EVP_DigestFinal_ex(context, digest, NULL);
    write_hex(digest, out + 64 * i);
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(algorithm);
  return 0;
}
#endif
