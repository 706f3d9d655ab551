// Package main is the shopping cart: an in-memory store behind HTTP/2.
package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/blake2b"
	"golang.org/x/net/http2"
)

type cart struct {
	mu    sync.Mutex
	items map[string]int
}

var carts sync.Map

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("/cart", add)
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	if err := http2.ConfigureServer(server, nil); err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.ListenAndServe())
}

func add(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if id == "" {
		id = uuid.NewString()
	}
	key := blake2b.Sum256([]byte(id))
	found, _ := carts.LoadOrStore(hex.EncodeToString(key[:]), &cart{items: map[string]int{}})
	c := found.(*cart)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[r.URL.Query().Get("item")]++
	_ = json.NewEncoder(w).Encode(c.items)
}
