// Evaluates flags with the engine of flagd: its sources, its store and its evaluator.
//
//	flagd http URL
//	flagd file PATH
//
// The first line of stdin is a JSON array of {"name", "type"}. Each further line is a context. For
// each context, a line of stdout has an array with [value, variant, error] for each flag.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/open-feature/flagd/core/pkg/evaluator"
	"github.com/open-feature/flagd/core/pkg/logger"
	"github.com/open-feature/flagd/core/pkg/store"
	"github.com/open-feature/flagd/core/pkg/sync"
	"github.com/open-feature/flagd/core/pkg/sync/file"
	httpsync "github.com/open-feature/flagd/core/pkg/sync/http"
	"go.uber.org/zap"
)

type flag struct {
	Name string `json:"name"`
}

// The daemon polls an HTTP source every 5 s by default. Tests do not wait that long.
const pollInterval = 100 * time.Millisecond

type poller struct{}

func (poller) Offset() uint32 { return 0 }

func (poller) Start(ctx context.Context, poll func()) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			poll()
		}
	}
}

func main() {
	ctx := context.Background()
	quiet := logger.NewLogger(zap.NewNop(), false)
	source := os.Args[2]
	var syncer sync.ISync
	if os.Args[1] == "http" {
		syncer = httpsync.NewHTTP(sync.SourceConfig{URI: source}, quiet, poller{}, 1)
	} else {
		syncer = file.NewFileSync(source, file.FSNOTIFY, quiet)
	}
	flags, err := store.NewStore(quiet, []string{source})
	must(err)
	engine := evaluator.NewJSON(quiet, flags)
	must(syncer.Init(ctx))
	updates := make(chan sync.DataSync)
	go func() { must(syncer.Sync(ctx, updates)) }()
	must(engine.SetState(<-updates))
	go func() {
		for update := range updates {
			must(engine.SetState(update))
		}
	}()
	answerAll(ctx, engine)
}

func answerAll(ctx context.Context, engine *evaluator.JSON) {
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	input := json.NewDecoder(lines)
	var flags []flag
	must(input.Decode(&flags))
	for input.More() {
		caller := map[string]any{}
		must(input.Decode(&caller))
		answers := make([][]any, 0, len(flags))
		for _, flag := range flags {
			answer := engine.ResolveAsAnyValue(ctx, "", flag.Name, caller)
			if answer.Error != nil {
				answers = append(answers, []any{nil, nil, answer.Error.Error()})
			} else {
				answers = append(answers, []any{answer.Value, answer.Variant, nil})
			}
		}
		must(out.Encode(answers))
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
