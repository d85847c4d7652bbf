// The verdict table, row by row.
import Elastic
import Platform
import Testing

@Suite("Verdict")
struct VerdictTests {
    @Test(arguments: [
        (301, RequestVerdict.configuration), (302, .configuration), (307, .configuration),
        (308, .configuration), (304, .configuration), (400, .bisect), (401, .credentials),
        (403, .credentials), (404, .configuration), (405, .configuration), (406, .configuration),
        (407, .configuration), (408, .busy), (411, .configuration), (413, .halve),
        (414, .configuration), (415, .configuration), (417, .configuration), (425, .busy),
        (429, .busy), (431, .configuration), (500, .busy), (501, .configuration), (502, .busy),
        (503, .busy), (504, .busy), (505, .configuration), (520, .busy), (599, .busy),
        (0, .resend), (100, .resend), (201, .resend), (204, .resend), (206, .resend),
        (600, .resend), (999, .resend),
    ])
    func `a status without items means one thing`(status: Int, expected: RequestVerdict) {
        for items in [nil, 3] as [Int?] {
            #expect(judge(.reply(status: status, retryAfter: nil), items: items) == expected)
        }
    }

    @Test func `only as many items as were sent are judged`() {
        let ok = BulkOutcome.reply(status: 200, retryAfter: nil)
        #expect(judge(ok, items: 3) == .items)
        for items in [nil, 0, 2, 4] as [Int?] { #expect(judge(ok, items: items) == .resend) }
    }

    @Test(arguments: BulkFailure.Kind.allCases)
    func `without a reply the outcome is unknown`(kind: BulkFailure.Kind) {
        #expect(judge(failure(kind), items: nil) == .resend)
        #expect(judge(failure(kind), items: nil, AttemptHistory(serverErrors: 9)) == .resend)
    }

    @Test(arguments: BulkFailure.Kind.allCases)
    func `only the second break in a row may be a 413`(kind: BulkFailure.Kind) {
        let isBreak = kind == .uploadReset || kind == .replyReset
        let again = AttemptHistory(resets: 1)
        #expect(judge(failure(kind), items: nil, again) == (isBreak ? .halve : .resend))
        #expect(judge(failure(kind), items: nil, again, sent: 1) == .resend)
    }

    @Test func `500 is bisected only when it comes again and again`() {
        let error = BulkOutcome.reply(status: 500, retryAfter: nil)
        #expect(judge(error, items: nil, AttemptHistory(serverErrors: 1)) == .busy)
        #expect(judge(error, items: nil, AttemptHistory(serverErrors: 2)) == .bisect)
        #expect(judge(error, items: nil, sent: 1) == .bisect)
        let other = BulkOutcome.reply(status: 503, retryAfter: nil)
        #expect(judge(other, items: nil, AttemptHistory(serverErrors: 9)) == .busy)
    }

    @Test(
        arguments: [
            (201, BulkItem.FailureStore.absent, ItemVerdict.settled(.stored)),
            (200, .absent, .settled(.dropped)), (201, .used, .settled(.diverted)),
            (200, .used, .settled(.diverted)), (201, .failed, .retry(.unknown)),
            (201, .notEnabled, .retry(.unknown)), (201, .unknown, .retry(.unknown)),
            (200, .unknown, .retry(.unknown)), (409, .absent, .settled(.duplicate)),
            (401, .absent, .retry(.refused)), (403, .absent, .retry(.refused)),
            (404, .absent, .retry(.refused)), (413, .absent, .retry(.refused)),
            (422, .absent, .retry(.refused)), (408, .absent, .retry(.busy)),
            (425, .absent, .retry(.busy)), (429, .absent, .retry(.busy)),
            (500, .absent, .retry(.busy)), (501, .absent, .retry(.busy)),
            (503, .absent, .retry(.busy)), (504, .failed, .retry(.busy)),
            (0, .absent, .retry(.unknown)), (202, .absent, .retry(.unknown)),
            (204, .absent, .retry(.unknown)), (302, .absent, .retry(.unknown)),
        ] as [(UInt16, BulkItem.FailureStore, ItemVerdict)])
    func `an item's status decides, with company and without`(
        status: UInt16, store: BulkItem.FailureStore, expected: ItemVerdict
    ) {
        for company in [true, false] {
            let item = item(status, store, status < 300 ? .none : .other)
            #expect(Verdict.item(item, company: company) == expected)
        }
    }

    @Test func `a rejected line is parked only in company, and never for a closed index`() {
        for error in [BulkItem.ErrorKind.none, .other] {
            #expect(Verdict.item(item(400, .absent, error), company: true) == .park)
            #expect(Verdict.item(item(400, .notEnabled, error), company: true) == .park)
            #expect(Verdict.item(item(400, .absent, error), company: false) == .retry(.refused))
        }
        let closed = item(400, .absent, .indexClosed)
        #expect(Verdict.item(closed, company: true) == .retry(.refused))
    }

    @Test func `no status but 400 is ever parked, and what is settled is final`() {
        for status in UInt16(0)...599 {
            for store in BulkItem.FailureStore.allCases {
                for error in BulkItem.ErrorKind.allCases {
                    let verdict = Verdict.item(item(status, store, error), company: true)
                    #expect(verdict != .park || status == 400)
                    if case .settled(let fate) = verdict { #expect(fate.isSettled) }
                    let proof = status == 201 && store == .absent && error == .none
                    #expect(Verdict.proves(item(status, store, error)) == proof)
                }
            }
        }
    }

    @Test func `a success that names an error is none`() {
        for status in [200, 201] as [UInt16] {
            #expect(Verdict.item(item(status, .absent, .other), company: true) == .retry(.unknown))
        }
    }

    @Test(arguments: [
        (400, 0, 0, true, ItemVerdict.park), (413, 0, 0, true, .park),
        (400, 0, 600, false, .retry(.refused)), (413, 0, 600, false, .retry(.refused)),
        (500, 10, 60, true, .park), (500, 9, 60, true, .retry(.busy)),
        (500, 10, 59, true, .retry(.busy)), (500, 99, 600, false, .retry(.refused)),
        (401, 10, 60, true, .retry(.refused)), (404, 10, 60, true, .retry(.refused)),
        (503, 10, 60, true, .retry(.refused)),
    ])
    func `an event refused alone is parked only when its target took others meanwhile`(
        status: Int, errors: Int, seconds: Int, accepted: Bool, expected: ItemVerdict
    ) {
        let refusals = LoneRefusals(
            serverErrors: errors, span: .seconds(seconds), targetAccepted: accepted)
        #expect(Verdict.lone(status: status, refusals) == expected)
    }

    private func judge(
        _ outcome: BulkOutcome, items: Int?, _ history: AttemptHistory = AttemptHistory(),
        sent: Int = 3
    ) -> RequestVerdict {
        Verdict.request(outcome, items: items, sent: sent, history: history)
    }

    private func failure(_ kind: BulkFailure.Kind) -> BulkOutcome {
        .failed(BulkFailure(kind: kind, description: "", uploaded: 0))
    }

    private func item(
        _ status: UInt16, _ store: BulkItem.FailureStore, _ error: BulkItem.ErrorKind
    ) -> BulkItem {
        var item = BulkItem()
        item.status = status
        item.failureStore = store
        item.error = error
        return item
    }
}
