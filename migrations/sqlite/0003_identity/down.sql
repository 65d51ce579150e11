DROP TABLE login_failures;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
DROP TABLE client_secrets;
DROP TABLE clients;
DROP TABLE signing_keys;
