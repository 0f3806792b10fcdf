import { createBrowserRouter, type RouteObject } from 'react-router'
import { Loading } from '../ui/page'
import { RouteCrash } from './crash'

/** Every page is a file of its own, so that the first one does not wait for the others. */
export const routes: RouteObject[] = [
  {
    errorElement: <RouteCrash />,
    HydrateFallback: Loading,
    children: [
      {
        path: '/login',
        lazy: async () => ({ Component: (await import('../features/auth/login-page')).LoginPage }),
      },
      {
        path: '/',
        lazy: async () => ({ Component: (await import('./shell')).Shell }),
        children: [
          {
            errorElement: <RouteCrash />,
            children: [
              {
                index: true,
                lazy: async () => ({
                  Component: (await import('../features/home/home-page')).HomePage,
                }),
              },
              {
                lazy: async () => ({ Component: (await import('./guards')).InsideBusiness }),
                children: [
                  {
                    path: 'prompts',
                    lazy: async () => ({
                      Component: (await import('../features/prompts/prompts-page')).PromptsPage,
                    }),
                  },
                  {
                    path: 'leads/:leadId?',
                    lazy: async () => ({
                      Component: (await import('../features/leads/leads-page')).LeadsPage,
                    }),
                  },
                  {
                    path: 'appointments',
                    lazy: async () => ({
                      Component: (await import('../features/appointments/appointments-page'))
                        .AppointmentsPage,
                    }),
                  },
                  {
                    path: 'facts',
                    lazy: async () => ({
                      Component: (await import('../features/facts/facts-page')).FactsPage,
                    }),
                  },
                  {
                    path: 'conversations/:conversationId?',
                    lazy: async () => ({
                      Component: (await import('../features/conversations/conversations-page'))
                        .ConversationsPage,
                    }),
                  },
                  {
                    path: 'hours',
                    lazy: async () => ({
                      Component: (await import('../features/hours/hours-page')).HoursPage,
                    }),
                  },
                  {
                    path: 'simulator',
                    lazy: async () => ({
                      Component: (await import('../features/simulator/simulator-page'))
                        .SimulatorPage,
                    }),
                  },
                  {
                    path: 'calls',
                    lazy: async () => ({
                      Component: (await import('../features/phone/calls-page')).CallsPage,
                    }),
                  },
                  {
                    path: 'calls/:id',
                    lazy: async () => ({
                      Component: (await import('../features/phone/call-page')).CallPage,
                    }),
                  },
                  {
                    path: 'phone',
                    lazy: async () => ({
                      Component: (await import('../features/phone/phone-page')).PhonePage,
                    }),
                  },
                  {
                    path: 'whatsapp',
                    lazy: async () => ({
                      Component: (await import('../features/whatsapp/whatsapp-page')).WhatsappPage,
                    }),
                  },
                  {
                    path: 'notifications',
                    lazy: async () => ({
                      Component: (await import('../features/notifications/notifications-page'))
                        .NotificationsPage,
                    }),
                  },
                  {
                    path: 'privacy',
                    lazy: async () => ({
                      Component: (await import('../features/privacy/privacy-page')).PrivacyPage,
                    }),
                  },
                  {
                    path: 'audit',
                    lazy: async () => ({
                      Component: (await import('../features/audit/audit-page')).AuditPage,
                    }),
                  },
                ],
              },
              {
                lazy: async () => ({ Component: (await import('./guards')).ForAdministrators }),
                children: [
                  {
                    path: 'admin/businesses',
                    lazy: async () => ({
                      Component: (await import('../features/businesses/businesses-page'))
                        .BusinessesPage,
                    }),
                  },
                ],
              },
              {
                path: 'account/sessions',
                lazy: async () => ({
                  Component: (await import('../features/auth/sessions-page')).SessionsPage,
                }),
              },
              {
                path: '*',
                lazy: async () => ({ Component: (await import('./not-found-page')).NotFoundPage }),
              },
            ],
          },
        ],
      },
    ],
  },
]

export function createRouter() {
  return createBrowserRouter(routes)
}
