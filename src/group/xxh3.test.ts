// XXH3 against what hash4j, the implementation in Kafka, gives: of every way that inputs of a length take.
import { expect, test } from 'vitest'
import { xxh3 } from './xxh3.ts'

test.each([
  [0, 3244421341483603138n],
  [1, 16226181191752404715n],
  [3, 12180141160879835164n],
  [4, 6297312323375345790n],
  [8, 12752855198315354378n],
  [9, 10000907846553926702n],
  [16, 3159599325006435930n],
  [17, 7070371635116224842n],
  [64, 1953419934939160347n],
  [128, 16813233705924465638n],
  [129, 13063484349860316345n],
  [200, 7350251351420641343n],
  [240, 4473034316189165092n],
  [241, 13654115510048419178n],
  [257, 8713265036859552365n],
  [1036, 329726620663499530n],
  [1073, 8524135199242815488n],
  [2072, 8259066813022987512n],
  [2997, 10841086272385978169n],
] as const)('%i bytes have the hash that Kafka gives them', (length, hash) => {
  const input = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + length) & 0xff))
  expect(xxh3(input)).toBe(hash)
})
