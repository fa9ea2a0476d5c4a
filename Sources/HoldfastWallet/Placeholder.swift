// HoldfastWallet
