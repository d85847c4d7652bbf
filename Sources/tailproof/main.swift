print("tailproof")
