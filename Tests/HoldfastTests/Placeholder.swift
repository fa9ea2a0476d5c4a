// HoldfastTests
