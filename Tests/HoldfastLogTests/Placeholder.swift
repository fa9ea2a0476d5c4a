// HoldfastLogTests
