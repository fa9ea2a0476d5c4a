// HoldfastTextTests
