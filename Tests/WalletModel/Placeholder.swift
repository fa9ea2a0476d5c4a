// WalletModel
