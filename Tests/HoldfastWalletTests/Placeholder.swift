// HoldfastWalletTests
