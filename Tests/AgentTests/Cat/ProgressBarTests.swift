// The progress bar: when it is drawn, what it says, that it goes away.
import Agent
import Platform
import TestKit
import Testing

@Suite("Progress bar")
struct ProgressBarTests {
    let clock = ManualClock()
    let screen = Screen()

    final class Screen {
        var text = ""
        func take() -> String {
            defer { text = "" }
            return text
        }
    }

    func bar(columns: Int) -> ProgressBar {
        ProgressBar(
            total: 100 << 20, columns: columns, now: clock.now, write: { screen.text += $0 })
    }

    @Test func `it says how much, of how much, how fast`() {
        let bar = bar(columns: 60)
        bar.advance(by: 10 << 20)
        #expect(screen.take() == "")
        clock.advance(by: .seconds(2))
        bar.advance(by: 40 << 20)
        #expect(
            screen.take() == "\r 50 %  50 of 100 MiB  25 MiB/s  [############.............]\u{1b}[K"
        )
        bar.advance(by: 1)
        #expect(screen.take() == "")
        bar.erase()
        #expect(screen.take() == "\r\u{1b}[K")
        bar.erase()
        #expect(screen.take() == "")
    }

    @Test(arguments: [0, 1, 20, 33, 47, 48, 80, 500]) func `it stays in its line`(columns: Int) {
        let bar = bar(columns: columns)
        clock.advance(by: .seconds(1))
        // A file that grew meanwhile.
        bar.advance(by: 300 << 20)
        let drawn = screen.take().dropFirst().dropLast(3)
        #expect(drawn.count <= max(columns - 1, 0))
        #expect(columns < 20 || drawn.hasPrefix("100 %"))
    }
}
