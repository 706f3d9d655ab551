module github.com/example/webshop/services/cart

go 1.21

require (
	github.com/google/uuid v1.6.0
	golang.org/x/crypto v0.14.0
	golang.org/x/net v0.17.0
)

require (
	golang.org/x/sys v0.13.0 // indirect
	golang.org/x/text v0.13.0 // indirect
)
