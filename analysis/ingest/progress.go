package ingest

import (
	"sync"
	"sync/atomic"
	"time"
)

// meter counts what an import does and reports it ten times a second.
type meter struct {
	report func(Progress)
	quit   chan struct{}
	over   sync.WaitGroup

	done, total, bytes, members, records atomic.Int64
	stage, path                          atomic.Value // string
	started                              atomic.Int64 // when the bundle's import began, UnixNano
	before                               atomic.Int64 // unpacked bytes then
}

func newMeter(report func(Progress)) *meter {
	m := &meter{report: report, quit: make(chan struct{})}
	m.stage.Store("")
	m.path.Store("")
	if report == nil {
		return m
	}
	m.over.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				report(m.progress())
			case <-m.quit:
				report(m.progress())
				return
			}
		}
	})
	return m
}

func (m *meter) stop() {
	close(m.quit)
	m.over.Wait()
}

func (m *meter) begin(stage string) {
	m.stage.Store(stage)
	if stage == "importing" {
		m.started.Store(time.Now().UnixNano())
		m.before.Store(m.bytes.Load())
	}
}

func (m *meter) read(done, total int64) {
	m.done.Store(done)
	m.total.Store(total)
}

func (m *meter) at(path string)   { m.path.Store(path) }
func (m *meter) unpacked(n int)   { m.bytes.Add(int64(n)) }
func (m *meter) member()          { m.members.Add(1) }
func (m *meter) recorded(n int64) { m.records.Add(n) }

func (m *meter) progress() Progress {
	p := Progress{
		Stage: m.stage.Load().(string), Member: m.path.Load().(string),
		Done: m.done.Load(), Total: m.total.Load(), Unpacked: m.bytes.Load(),
		Members: int(m.members.Load()), Records: m.records.Load(),
	}
	if start := m.started.Load(); start > 0 {
		took := time.Since(time.Unix(0, start)).Seconds()
		if took > 0 {
			p.Rate = float64(p.Unpacked-m.before.Load()) / took
		}
		if p.Done > 0 && p.Done < p.Total {
			p.Left = time.Duration(took * float64(p.Total-p.Done) / float64(p.Done) * float64(time.Second))
		}
	}
	return p
}
