"""What a business wrote down about itself: hours, services, prices, answers."""
