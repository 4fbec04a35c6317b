"""The cases of OTP's own test suites, and the tests here that check the same behaviour."""
